# Where an edge runs: an EDGE is a service of the stack, PROJECT/SERVICE of another one, or @host, the server's own nginx.

# places_of EDGE: one a line: ids of running containers, or @host.
places_of() {
  case $1 in
    @host) echo @host ;;
    */*)
      docker ps --quiet --no-trunc --filter status=running --filter label=com.docker.compose.oneoff=False \
        --filter "label=com.docker.compose.project=${1%%/*}" --filter "label=com.docker.compose.service=${1#*/}"
      ;;
    *) containers "$1" status=running ;;
  esac
}

# at_place PLACE COMMAND...
at_place() {
  where=$1
  shift
  if [ "$where" = @host ]; then "$@"; else docker exec "$where" "$@"; fi
}

# ask_place PLACE COMMAND...: within five seconds.
ask_place() {
  if [ "$1" = @host ]; then shift; else where=$1; shift; set -- docker exec "$where" "$@"; fi
  timeout -k 1 5 "$@"
}

# program_at PLACE: what leads there to the slots, as the path says at which it has the folder of the switch.
program_at() {
  [ "$1" != @host ] || { echo nginx; return; }
  mounted=$(docker inspect --format '{{range .Mounts}}{{println .Destination}}{{end}}' "$1") || return 1
  program=$(printf '%s\n' "$mounted" | sed -n 's|^/etc/\([a-z]*\)/estiba\(/.*\)*$|\1|p' | head -n 1)
  case $program in
    nginx | caddy | haproxy | traefik) echo "$program" ;;
    *) echo "nothing that can be switched has the folder $stack/edge in container $1" >&2; return 1 ;;
  esac
}

# for_each_place FUNCTION EDGE...: FUNCTION PLACE EDGE, until one fails.
for_each_place() {
  function=$1
  shift
  for edge; do
    found=$(places_of "$edge") || return 1
    for place in $found; do "$function" "$place" "$edge" || return 1; done
  done
}
