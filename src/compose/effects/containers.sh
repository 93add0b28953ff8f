# The containers of a service, old and new, and what is done to them.

compose() {
  docker compose --project-name "$project" --project-directory "$stack/project" \
    --file "$stack/releases/$release/$variant/compose.json" "$@"
}

# list_containers ARG...: those of the stack, one-off ones apart, as `docker ps` shows them.
list_containers() {
  docker ps --all --no-trunc --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.oneoff=False "$@"
}

# containers SERVICE [FILTER]: ids, one a line.
containers() { list_containers --quiet --filter "label=com.docker.compose.service=$1" ${2:+--filter "$2"}; }

name() { echo "${1%%=*}"; }
more() { echo "${1#*:}"; }

# Every container of the stack, one a line: id, service, definition and slot. One question to the engine, however many
# services there are; one that does not answer is a failure, not a list of nothing.
survey() {
  list_containers --format '{{.ID}} {{.Label "com.docker.compose.service"}} {{.Label "estiba.definition"}}/{{.Label "estiba.slot"}}'
}

# among SURVEY new|old NAME=DEFINITION[:MORE]: ids, one a line.
among() {
  definition=${3#*=}
  printf '%s\n' "$1" | awk -v side="$2" -v name="${3%%=*}" -v made="${definition%%:*}/" -v here="$variant" '
    $2 == name && ($3 == made || $3 == made here ? "new" : "old") == side { print $1 }'
}

new_of_all() { all_of new "$@"; }
old_of_all() { all_of old "$@"; }
all_of() {
  side=$1
  shift
  every=$(survey) || return 1
  for service; do among "$every" "$side" "$service"; done
}

# each "IDS" COMMAND [ARG...]: once, with the ids as further arguments; nothing to do is success.
each() {
  ids=$1
  shift
  # shellcheck disable=SC2086 # a list of ids
  [ -z "$ids" ] || "$@" $ids >/dev/null
}

# A way back waits for an engine that is being restarted; its deadline ends the wait.
await_engine() { until docker version >/dev/null 2>&1; do sleep 1; done; }

# pull SERVICE...: a login that came with the transaction lives in a folder of its own, for the length of the pull.
pull() {
  login=$ESTIBA_TX/docker
  if [ -d "$login" ]; then
    [ ! -d "$HOME/.docker/cli-plugins" ] || ln -sfn "$HOME/.docker/cli-plugins" "$login/cli-plugins"
    # The user's contexts stay behind, and one of them may lead to the engine.
    DOCKER_HOST=$(docker context inspect --format '{{.Endpoints.docker.Host}}') && export DOCKER_HOST
    export DOCKER_CONFIG="$login"
  fi
  compose pull --quiet "$@" && fit_this_host "$@"
  pulled=$?
  rm -rf "${login:?}"
  return "$pulled"
}

# fit_this_host SERVICE...: an image for another processor shows here, and not when the old is stopped for it.
fit_this_host() {
  host=$(docker version --format '{{.Server.Arch}}') && images=$(compose config --images "$@") || return 1
  for image in $images; do
    made=$(docker image inspect --format '{{.Architecture}}' "$image" 2>/dev/null) || continue
    runs_on "$host" "$made" || { echo "$image is for $made, and this host is $host: build it for $host, or take another image"; return 1; }
  done
}

# runs_on HOST ARCHITECTURE: by itself, or by an emulator that the kernel knows.
runs_on() {
  case $1/$2 in "$2/$2" | amd64/386 | arm64/arm) return 0 ;; esac
  case $2 in amd64) emulator=x86_64 ;; arm64) emulator=aarch64 ;; 386) emulator=i386 ;; *) emulator=$2 ;; esac
  [ -e "/proc/sys/fs/binfmt_misc/qemu-$emulator" ] || [ -e /proc/sys/fs/binfmt_misc/rosetta ]
}

# create NAME=DEFINITION:REPLICAS...: beside the old ones, not started, and not to be restarted by the engine.
create_new() {
  scale='' names=''
  every=$(survey) || return 1
  for service; do
    scale="$scale --scale $(name "$service")=$(($(among "$every" old "$service" | grep -c .) + $(more "$service")))"
    names="$names $(name "$service")"
  done
  # shellcheck disable=SC2086 # lists of plain words
  compose create --no-recreate --no-build $scale $names && new=$(new_of_all "$@") && each "$new" docker update --restart=no
}

remove_new() {
  await_engine
  new=$(new_of_all "$@") && each "$new" docker update --restart=no && each "$new" docker stop && each "$new" docker rm
}

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

# stand_by SECONDS SERVICE...: those of them that served before run again, as the engine kept them; what had to be started
# counts only when it answers.
stand_by() {
  seconds=$1 started=''
  shift
  [ -s "$ESTIBA_TX/served" ] || return 0
  await_engine
  for service; do
    while read -r owner container policy; do
      [ "$owner" = "$service" ] || continue
      # The engine goes on with a stop whose client was killed: one that still runs may be about to end.
      if grep -qsxF "$container" "$ESTIBA_TX/stopping"; then
        docker stop "$container" >/dev/null || return 1
        grep -vxF "$container" "$ESTIBA_TX/stopping" >"$ESTIBA_TX/.stopping"
        mv "$ESTIBA_TX/.stopping" "$ESTIBA_TX/stopping" || return 1
      fi
      [ "$(docker inspect --format '{{.State.Running}} {{.HostConfig.RestartPolicy.Name}}' "$container")" != "true $policy" ] || continue
      docker start "$container" >/dev/null && docker update --restart="$policy" "$container" >/dev/null || return 1
      started="$started $container"
    done <"$ESTIBA_TX/served"
  done
  # shellcheck disable=SC2086 # a list of ids
  prove_all "$seconds" $started
}

# All at once: `docker start` with several takes one after the other.
start_new() {
  new=$(new_of_all "$@") || return 1
  starts='' failed=0
  for container in $new; do
    docker start "$container" >/dev/null &
    starts="$starts $!"
  done
  for start in $starts; do wait "$start" || failed=1; done
  return "$failed"
}

stop_new() {
  await_engine
  new=$(new_of_all "$@") && each "$new" docker stop
}

# keep_alive NAME=DEFINITION:POLICY...: they run, and from now on the engine sees to it. (An engine that was killed leaves
# `unless-stopped` containers down.)
keep_alive() {
  await_engine
  every=$(survey) || return 1
  for service; do
    new=$(among "$every" new "$service") && each "$new" docker update --restart="$(more "$service")" && each "$new" docker start || return 1
  done
}

remove_old() {
  await_engine
  old=$(old_of_all "$@") && each "$old" docker update --restart=no && each "$old" docker stop && each "$old" docker rm
}

# retire NAME...: services that are no longer in the file.
retire() {
  await_engine
  for service; do
    gone=$(containers "$service") && each "$gone" docker update --restart=no && each "$gone" docker stop &&
      each "$gone" docker rm || return 1
  done
}

reload_nginx() {
  running=$(containers "$1" status=running) || return 1
  for container in $running; do
    docker exec "$container" nginx -t -q && docker exec "$container" nginx -s reload || return 1
  done
}
