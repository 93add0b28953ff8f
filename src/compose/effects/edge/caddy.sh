# Caddy as an edge.

# test_caddy IMAGE RUN-OPTION...: whether it understands what a container with those options has; `place` is the one that runs.
test_caddy() {
  image=$1
  shift
  configuration=$(caddy_configuration "$place") || return 1
  # shellcheck disable=SC2086 # a list of options
  docker run "$@" --entrypoint caddy "$image" validate $configuration
}

# load_caddy PLACE
load_caddy() {
  configuration=$(caddy_configuration "$1") || return 1
  # shellcheck disable=SC2086 # a list of options
  docker exec "$1" caddy validate $configuration && docker exec "$1" caddy reload --force $configuration
}

# What it was started with: options that mean the same to `validate` and `reload`. Without any it takes what lies where it runs.
caddy_configuration() {
  docker inspect --format '{{.Path}}{{println}}{{range .Args}}{{println .}}{{end}}' "$1" | awk '
    $0 == "run" { runs = 1 }
    /^(--config|-c|--adapter|-a)=/ { print }
    /^(--config|-c|--adapter|-a)$/ { option = $0; getline; print option, $0 }
    END { exit !runs }' || { echo 'it was not started by caddy run, so nobody knows which configuration it has' >&2; return 1; }
}
