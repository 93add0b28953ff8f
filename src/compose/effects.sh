# shellcheck shell=sh
# What the steps of a plan do to containers. The plan sets `project`, `release` and `stack` above these lines. Everything
# is found by label each time and may be repeated. A service is given as NAME=DEFINITION[:MORE]; the containers with that
# definition are the new ones, all others of the service the old ones.

: "${project:?}" "${release:?}" "${stack:?}"

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
  for container in $1; do
    docker inspect --format '{{.State.Status}} {{.Id}} {{.HostConfig.RestartPolicy.Name}}' "$container" || return 1
  done | awk '$1 == "running" { print $2, $3 }'
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

# --- health: the service's own check, asked directly, since waiting for the engine's next interval costs seconds --------

probe() {
  case $(docker inspect --format '{{with .Config.Healthcheck}}{{index .Test 0}}{{end}}' "$1") in
    CMD-SHELL) timeout -k 1 10 docker exec "$1" sh -c "$(docker inspect --format '{{index .Config.Healthcheck.Test 1}}' "$1")" ;;
    CMD)
      words=$(docker inspect --format '{{range $i, $word := .Config.Healthcheck.Test}}{{if $i}}{{println $word}}{{end}}{{end}}' "$1")
      while IFS= read -r word; do set -- "$@" "$word"; done <<EOT
$words
EOT
      timeout -k 1 10 docker exec "$@" ;;
    *) [ "$(docker inspect --format '{{.State.Running}}' "$1")" = true ] && sleep 0.5 ;;
  esac
}

uptime_seconds() { read -r up _ </proc/uptime && echo "${up%%.*}"; }

explain() {
  docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}} ({{.Name}}) is {{.State.Status}}, exit code {{.State.ExitCode}}, killed for memory: {{.State.OOMKilled}}, restarts: {{.RestartCount}}' "$1"
  [ -z "${2:-}" ] || printf 'its health check said: %s\n' "$2"
  echo 'its last lines:'
  docker logs --tail 15 "$1" 2>&1
}

# prove SECONDS CONTAINER: healthy three times in a row within the time; a container that ended has failed at once.
prove() {
  streak=0 give_up=$(($(uptime_seconds) + $1)) restarts=$(docker inspect --format '{{.RestartCount}}' "$2") || return 1
  while [ "$streak" -lt 3 ]; do
    if answer=$(probe "$2" 2>&1); then streak=$((streak + 1)); else streak=0; fi
    state=$(docker inspect --format '{{.State.Status}} {{.RestartCount}}' "$2") || return 1
    [ "$state" = "running $restarts" ] || { explain "$2" "$answer"; return 1; }
    [ "$(uptime_seconds)" -lt "$give_up" ] || { echo "not healthy within $1 s:"; explain "$2" "$answer"; return 1; }
    sleep 0.05
  done
}

# prove_all SECONDS CONTAINER...: all at once, since their starts take as long as the slowest.
prove_all() {
  seconds=$1 proofs='' failed=0
  shift
  for container; do
    prove "$seconds" "$container" &
    proofs="$proofs $!"
  done
  for proof in $proofs; do wait "$proof" || failed=1; done
  return "$failed"
}

prove_new() {
  seconds=$1
  shift
  new=$(new_of_all "$@") || return 1
  [ -n "$new" ] || { echo 'the new containers are gone'; return 1; }
  # shellcheck disable=SC2086 # a list of ids
  prove_all "$seconds" $new
}

# are_well NAME=DEFINITION...: what is on trial still runs, was not restarted, and its health check does not say no.
are_well() {
  for service; do
    new=$(new_of "$service") || return 1
    [ -n "$new" ] || { echo "$(name "$service") is gone"; return 1; }
    for container in $new; do
      case $(docker inspect --format '{{.State.Status}} {{.RestartCount}} {{with .State.Health}}{{.Status}}{{end}}' "$container") in
        'running 0 unhealthy') explain "$container" unhealthy; return 1 ;;
        'running 0 '*) ;;
        *) explain "$container"; return 1 ;;
      esac
    done
  done
}

# --- database -----------------------------------------------------------------------------------------------------------

in_postgres() {
  container=$(containers "$1" status=running | head -n 1)
  [ -n "$container" ] || { echo "the service $1 has no running container"; return 1; }
  # shellcheck disable=SC2016 # the variables are the container's
  docker exec -i "$container" sh -c 'PGUSER=${POSTGRES_USER:-postgres} PGDATABASE=${POSTGRES_DB:-${POSTGRES_USER:-postgres}}
    export PGUSER PGDATABASE; exec "$@"' sh "$2" "$3"
}

# Newer releases of pg_dump print a random token behind \restrict.
schema_of() {
  in_postgres "$1" pg_dump --schema-only >"$2.all" && grep -v '^[\]' "$2.all" | sha256sum >"$2" && rm "$2.all"
}

# back_up SERVICE: read back whole before it counts as a backup; a listing would accept a torn file.
back_up() {
  target=$stack/backups/${ESTIBA_TX##*/}.dump
  in_postgres "$1" pg_dump --format=custom >"$target.tmp" && [ -s "$target.tmp" ] &&
    in_postgres "$1" pg_restore --file=/dev/null <"$target.tmp" && sync "$target.tmp" &&
    sha256sum <"$target.tmp" >"$target.sha256" && mv "$target.tmp" "$target" && sync "$stack/backups" &&
    schema_of "$1" "$ESTIBA_TX/schema-before" && echo "backed up to $target, $(wc -c <"$target") bytes, read back whole"
}

# run_once SERVICE COMMAND...: in a named container of the release's own image; nobody else carries that name.
run_once() {
  remove_once
  service=$1
  shift
  compose run --rm --no-deps --no-TTY --name "$project-${ESTIBA_TX##*/}" "$service" "$@" </dev/null
}

remove_once() { docker rm --force "$project-${ESTIBA_TX##*/}" >/dev/null 2>&1; true; }

# old_code_can_run true|false [SERVICE]: the old release may serve again when the schema is as it was, or the user says so.
old_code_can_run() {
  if [ -n "${2:-}" ] && schema_of "$2" "$ESTIBA_TX/schema-now" && cmp -s "$ESTIBA_TX/schema-before" "$ESTIBA_TX/schema-now"; then
    echo 'the schema is as it was before the migration: the old release can run on it'
  elif [ "$1" = true ]; then
    echo 'old-code-can-run says that the old release can run on the migrated schema'
  else
    echo 'the schema changed, and old-code-can-run does not say that the old release can run on it'
    return 1
  fi
}

# --- files ------------------------------------------------------------------------------------------------------------

# stage: what the transaction brought becomes a release; shared files are content-addressed and never overwritten.
stage() {
  mkdir -p "$stack/files" "$stack/releases" "$stack/project" "$stack/backups"
  chmod 0755 "$stack/files"
  for folder in "$ESTIBA_TX"/files/*; do
    if [ ! -d "$folder" ] || [ -e "$stack/files/${folder##*/}" ]; then continue; fi
    cp -Rp "$folder" "$stack/files/.$$" && chmod -R a+rX "$stack/files/.$$" && sync && mv -T "$stack/files/.$$" "$stack/files/${folder##*/}" || return 1
  done
  [ -d "$stack/releases/$release" ] ||
    { cp -Rp "$ESTIBA_TX/release" "$stack/releases/.$release" && sync && mv -T "$stack/releases/.$release" "$stack/releases/$release"; }
}

unstage() { [ "$(readlink "$stack/current")" = "releases/$release" ] || rm -rf "${stack:?}/releases/$release"; }

point_current() { ln -sfn "releases/$release" "$stack/.current" && mv -T "$stack/.current" "$stack/current" && sync "$stack"; }

forget_releases() { for old; do rm -rf "${stack:?}/releases/$old"; done; }
forget_images() { for image; do docker image rm "$image" >/dev/null 2>&1; done; true; }
