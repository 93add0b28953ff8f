# The containers of a service, old and new, and what is done to them.

compose() {
  docker compose --project-name "$project" --project-directory "$stack/project" \
    --file "$stack/releases/$release/compose.json" "$@"
}

containers() {
  docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project" \
    --filter "label=com.docker.compose.service=$1" --filter label=com.docker.compose.oneoff=False ${2:+--filter "$2"}
}

name() { echo "${1%%=*}"; }
more() { echo "${1#*:}"; }

# Ids, one a line. An engine that does not answer is a failure, not a list of nothing.
new_of() { definition=${1#*=}; containers "$(name "$1")" "label=estiba.definition=${definition%%:*}"; }
old_of() {
  every=$(containers "$(name "$1")") && new=$(new_of "$1") || return 1
  printf '%s\n' "$every" | grep -vxF -e "$new" -e '' || true
}
new_of_all() { for service; do new_of "$service" || return 1; done; }
old_of_all() { for service; do old_of "$service" || return 1; done; }

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
    export DOCKER_CONFIG="$login"
  fi
  compose pull --quiet "$@"
  pulled=$?
  rm -rf "${login:?}"
  return "$pulled"
}

# create NAME=DEFINITION:REPLICAS...: beside the old ones, not started, and not to be restarted by the engine.
create_new() {
  scale='' names=''
  for service; do
    old=$(old_of "$service") || return 1
    scale="$scale --scale $(name "$service")=$(($(printf '%s' "$old" | grep -c .) + $(more "$service")))"
    names="$names $(name "$service")"
  done
  # shellcheck disable=SC2086 # lists of plain words
  compose create --no-recreate --no-build $scale $names && new=$(new_of_all "$@") && each "$new" docker update --restart=no
}

remove_new() {
  await_engine
  new=$(new_of_all "$@") && each "$new" docker update --restart=no && each "$new" docker stop && each "$new" docker rm
}

# stop_old NAME=DEFINITION...: remembers which served, since leftovers of an earlier accident must not come back with them.
# `update` first: the engine starts a stopped container again after its own restart when the policy says so.
stop_old() {
  old=$(old_of_all "$@") || return 1
  if [ ! -f "$ESTIBA_TX/served" ]; then
    each_served "$old" >"$ESTIBA_TX/.served" && sync "$ESTIBA_TX/.served" && mv "$ESTIBA_TX/.served" "$ESTIBA_TX/served" || return 1
  fi
  each "$old" docker update --restart=no && each "$old" docker stop
}

# each_served "IDS": id and restart policy of those that run.
each_served() {
  [ -n "$1" ] || return 0
  # shellcheck disable=SC2086 # a list of ids
  states=$(docker inspect --format '{{.State.Status}} {{.Id}} {{.HostConfig.RestartPolicy.Name}}' $1) || return 1
  printf '%s\n' "$states" | awk '$1 == "running" { print $2, $3 }'
}

# start_old SECONDS: the way back of stop_old; it counts only when they answer again.
start_old() {
  [ -s "$ESTIBA_TX/served" ] || return 0
  await_engine
  served=$(awk '{ print $1 }' "$ESTIBA_TX/served")
  each "$served" docker start || return 1
  while read -r container policy; do docker update --restart="$policy" "$container" >/dev/null || return 1; done <"$ESTIBA_TX/served"
  # shellcheck disable=SC2086 # a list of ids
  prove_all "$1" $served
}

start_new() { new=$(new_of_all "$@") && each "$new" docker start; }

stop_new() {
  await_engine
  new=$(new_of_all "$@") && each "$new" docker stop
}

# restart_policies NAME=DEFINITION:POLICY...: from the commit on the engine keeps the new ones alive.
restart_policies() {
  for service; do new=$(new_of "$service") && each "$new" docker update --restart="$(more "$service")" || return 1; done
}

remove_old() { old=$(old_of_all "$@") && each "$old" docker rm; }

# retire NAME...: services that are no longer in the file.
retire() {
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
