# What serves when a transaction begins, and how it comes back.

# note_served CONTAINER...: what runs now, with the engine's restart policy: leftovers of an earlier accident do not come back
# with it. An engine that was killed marks what it stops as stopped by hand: what ran when this was planned, by name, and is to
# be kept alive, is started first.
note_served() {
  [ ! -f "$ESTIBA_TX/served" ] || return 0
  served='' every=$(list_containers --quiet) || return 1
  # shellcheck disable=SC2086 # a list of ids
  [ -z "$every" ] || served=$(docker inspect \
    --format '{{index .Config.Labels "com.docker.compose.service"}} {{.Id}} {{.HostConfig.RestartPolicy.Name}} {{.State.Status}} {{.Name}}' $every) || return 1
  served=$(printf '%s\n' "$served" | awk -v ran=" $* " '
    $4 == "exited" && $3 != "no" && index(ran, " " substr($5, 2) " ") || $4 == "running" { print }')
  each "$(printf '%s\n' "$served" | awk '$4 == "exited" { print $2 }')" docker start || return 1
  printf '%s\n' "$served" | awk 'NF { print $1, $2, $3 }' >"$ESTIBA_TX/.served" && sync "$ESTIBA_TX/.served" &&
    mv "$ESTIBA_TX/.served" "$ESTIBA_TX/served" && sync "$ESTIBA_TX"
}

# stop_old NAME=DEFINITION...: `update` first, for the engine starts a stopped container again after its own restart when
# the policy says so.
stop_old() {
  every=$(survey) && old=$(of_all old "$@") && printf '%s\n' "$old" >>"$ESTIBA_TX/stopping" && sync "$ESTIBA_TX/stopping" && sync "$ESTIBA_TX" &&
    each "$old" docker update --restart=no && each "$old" docker stop
}

# The engine goes on with a stop whose client was killed, so what still runs of them may be about to end. All are stopped at
# once; that they were is on disk before one is started, or recovery would stop again what a start of the host brought back.
# One that somebody has removed is left out.
end_stops() {
  [ -s "$ESTIBA_TX/stopping" ] || return 0
  ending=$(awk 'NR == FNR { listed[$1]; next } $2 in listed { print $2 }' "$ESTIBA_TX/stopping" "$ESTIBA_TX/served") || return 1
  here=$(list_containers --quiet) || return 1
  each "$(printf '%s\n' "$here" | grep -xF "$ending")" docker stop && rm "$ESTIBA_TX/stopping" && sync "$ESTIBA_TX"
}

# stand_by SECONDS SERVICE...: those of them that served before run again, as the engine kept them; what had to be started
# counts only when it answers.
stand_by() {
  seconds=$1 started=''
  shift
  [ -s "$ESTIBA_TX/served" ] || return 0
  await_engine
  end_stops || return 1
  for service; do
    while read -r owner container policy; do
      [ "$owner" = "$service" ] || continue
      [ "$(docker inspect --format '{{.State.Running}} {{.HostConfig.RestartPolicy.Name}}' "$container")" != "true $policy" ] || continue
      docker start "$container" >/dev/null && docker update --restart="$policy" "$container" >/dev/null || return 1
      started="$started $container"
    done <"$ESTIBA_TX/served"
  done
  # shellcheck disable=SC2086 # a list of ids
  prove_all "$seconds" running $started
}
