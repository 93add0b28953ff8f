# What serves when a transaction begins, and how it comes back.

# bring_up SERVICE...: an engine that was killed marks what it stops as stopped by hand. What ran when this was planned and
# is to be kept alive runs before anything is done.
bring_up() {
  down=$(list_containers --quiet --filter status=exited) || return 1
  [ -n "$down" ] || return 0
  # shellcheck disable=SC2086 # a list of ids
  policies=$(docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}} {{.HostConfig.RestartPolicy.Name}} {{.Id}}' $down) || return 1
  for service; do
    each "$(printf '%s\n' "$policies" | awk -v service="$service" '$1 == service && $2 != "no" { print $3 }')" docker start || return 1
  done
}

# remember_served: what runs now, with the engine's restart policy: leftovers of an earlier accident do not come back with it.
remember_served() {
  [ ! -f "$ESTIBA_TX/served" ] || return 0
  running=$(list_containers --quiet --filter status=running) || return 1
  {
    # shellcheck disable=SC2086 # a list of ids
    [ -z "$running" ] || docker inspect \
      --format '{{index .Config.Labels "com.docker.compose.service"}} {{.Id}} {{.HostConfig.RestartPolicy.Name}}' $running || return 1
  } >"$ESTIBA_TX/.served" && sync "$ESTIBA_TX/.served" && mv "$ESTIBA_TX/.served" "$ESTIBA_TX/served" && sync "$ESTIBA_TX"
}

# stop_old NAME=DEFINITION...: `update` first, for the engine starts a stopped container again after its own restart when
# the policy says so.
stop_old() {
  old=$(old_of_all "$@") && printf '%s\n' "$old" >>"$ESTIBA_TX/stopping" && sync "$ESTIBA_TX/stopping" && sync "$ESTIBA_TX" &&
    each "$old" docker update --restart=no && each "$old" docker stop
}

# The engine goes on with a stop whose client was killed, so what still runs of them may be about to end. All are stopped at
# once; that they were is on disk before one is started, or recovery would stop again what a start of the host brought back.
end_stops() {
  [ -s "$ESTIBA_TX/stopping" ] || return 0
  ending=$(awk 'NR == FNR { listed[$1]; next } $2 in listed { print $2 }' "$ESTIBA_TX/stopping" "$ESTIBA_TX/served") || return 1
  each "$ending" docker stop && rm "$ESTIBA_TX/stopping" && sync "$ESTIBA_TX"
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
