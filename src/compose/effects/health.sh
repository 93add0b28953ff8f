# A service's own health check, asked directly, since waiting for the engine's next interval costs seconds.

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
