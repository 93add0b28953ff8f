# nginx as an edge.

# test_nginx IMAGE RUN-OPTION...: whether it understands what a container with those options has.
test_nginx() {
  image=$1
  shift
  docker run "$@" --entrypoint nginx "$image" -t -q
}

# load_nginx PLACE
load_nginx() { nginx_at "$1" -t -q && nginx_at "$1" -s reload; }

# Only root may reload the server's own; a line for `sudo` allows just that (docs/recipes.md).
nginx_at() {
  place=$1
  shift
  if [ "$place" = @host ] && [ "$(id -u)" != 0 ]; then sudo -n nginx "$@"; else at_place "$place" nginx "$@"; fi
}

# reload_nginx SERVICE: one that is not switched, for it looks names up only then.
reload_nginx() { for_each_place load_nginx "$1"; }
