# HAProxy as an edge.

# test_haproxy IMAGE RUN-OPTION...: whether it understands what a container with those options has; `place` is the one that runs.
test_haproxy() {
  image=$1
  shift
  configuration=$(haproxy_configuration "$place") || return 1
  # shellcheck disable=SC2086 # a list of options
  docker run "$@" --entrypoint haproxy "$image" -c $configuration
}

# load_haproxy PLACE: its master starts another worker, which takes the ports over; the one before ends with its connections.
load_haproxy() {
  configuration=$(haproxy_configuration "$1") || return 1
  # shellcheck disable=SC2086 # a list of options
  docker exec "$1" haproxy -c $configuration || return 1
  worker=$(ask_edge "$1" worker) || return 1
  master=$(docker exec "$1" cat "/proc/$worker/stat" | awk '{ print $4 }')
  # Whatever else is told so may end.
  [ "$(docker exec "$1" cat "/proc/$master/comm" 2>/dev/null)" = haproxy ] ||
    { echo 'it has no master that would start another worker; start it with -W, as the official image does'; return 1; }
  # shellcheck disable=SC2016 # the inner shell's
  docker exec "$1" sh -c 'kill -USR2 "$1"' sh "$master" && await_other_worker "$1" "$worker"
}

# await_other_worker PLACE WORKER
await_other_worker() {
  give_up=$(($(uptime_seconds) + 20))
  until now=$(ask_edge "$1" worker) && [ "$now" != "$2" ]; do
    [ "$(uptime_seconds)" -lt "$give_up" ] || { echo 'it did not load its new configuration; its log says why'; return 1; }
    sleep 0.05
  done
}

# What it was started with.
haproxy_configuration() {
  docker inspect --format '{{.Path}}{{println}}{{range .Args}}{{println .}}{{end}}' "$1" | awk '
    /^-[fC]$/ { option = $0; getline; print option, $0; named = 1 }
    END { exit !named }' || { echo 'it was not started by haproxy -f, so nobody knows which configuration it has' >&2; return 1; }
}
