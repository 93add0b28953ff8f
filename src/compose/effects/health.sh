# A service's own health check, asked directly, since waiting for the engine's next interval costs seconds.

uptime_seconds() { read -r up _ </proc/uptime && echo "${up%%.*}"; }

explain() {
  docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}} ({{.Name}}) is {{.State.Status}}, exit code {{.State.ExitCode}}, killed for memory: {{.State.OOMKilled}}, restarts: {{.RestartCount}}' "$1"
  [ -z "${2:-}" ] || printf 'its health check said: %s\n' "$2"
  echo 'its last lines:'
  docker logs --tail 15 "$1" 2>&1
}

# check_of CONTAINER: how often it was restarted, then the words of its health check, one a line.
check_of() {
  docker inspect --format '{{.RestartCount}}{{with .Config.Healthcheck}}{{range .Test}}
{{.}}{{end}}{{end}}' "$1"
}

# probe CONTAINER [COMMAND...]: without a health check of its own it is enough that it runs.
probe() {
  if [ $# -gt 1 ]; then timeout -k 1 10 docker exec "$@"
  else [ "$(docker inspect --format '{{.State.Running}}' "$1")" = true ] && sleep 0.5; fi
}

# prove SECONDS CONTAINER: healthy three times in a row within the time; a container that ended has failed at once.
prove() {
  streak=0 seconds=$1 container=$2 give_up=$(($(uptime_seconds) + $1))
  check=$(check_of "$container") || return 1
  { IFS= read -r restarts; IFS= read -r kind; words=$(cat); } <<EOT
$check
EOT
  set -- "$container"
  case $kind in
    CMD-SHELL) set -- "$@" sh -c "$words" ;;
    CMD)
      while IFS= read -r word; do set -- "$@" "$word"; done <<EOT
$words
EOT
  esac
  while [ "$streak" -lt 3 ]; do
    if answer=$(probe "$@" 2>&1); then streak=$((streak + 1)); else streak=0; fi
    # One that answers runs; whether it is still the same run is asked at the end.
    if [ "$streak" = 0 ] || [ "$streak" = 3 ]; then
      state=$(docker inspect --format '{{.State.Status}} {{.RestartCount}}' "$container") || return 1
      [ "$state" = "running $restarts" ] || { explain "$container" "$answer"; return 1; }
    fi
    [ "$(uptime_seconds)" -lt "$give_up" ] || { echo "not healthy within $seconds s:"; explain "$container" "$answer"; return 1; }
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
  every=$(survey) || return 1
  made=''
  for service; do
    new=$(among "$every" new "$service")
    [ -n "$new" ] || { echo "$(name "$service") is gone"; return 1; }
    made="$made $new"
  done
  # shellcheck disable=SC2086 # a list of ids
  states=$(docker inspect --format '{{.ID}} {{.State.Status}} {{.RestartCount}} {{with .State.Health}}{{.Status}}{{end}}' $made) || return 1
  while read -r container state; do
    case $state in
      'running 0 unhealthy') explain "$container" unhealthy; return 1 ;;
      'running 0' | 'running 0 '*) ;;
      *) explain "$container"; return 1 ;;
    esac
  done <<EOT
$states
EOT
}
