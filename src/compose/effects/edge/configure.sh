# An edge's configuration: tried, loaded, and taken back.

# Everything that an edge looks at. Its workers run as somebody else and must be able to read it.
stage_edge() {
  brought=$stack/releases/$release/edge
  [ -d "$brought" ] || return 0
  if [ ! -L "$stack/edge/live" ] || lacks_configuration "$brought"; then make_edge "$brought" || return 1; fi
  chmod -R a+rX "$stack/edge"
}

# configure_edge EDGE...: the configuration that the release brought, once it was found good in a container of its own.
configure_edge() {
  before=$ESTIBA_TX/edge-before
  if [ ! -d "$before" ]; then
    rm -rf "$before.new" && mkdir "$before.new" && edge_files "$stack/edge" | keep_edge_files "$before.new" &&
      sync "$before.new" && mv -T "$before.new" "$before" && sync "$ESTIBA_TX" || return 1
  fi
  try_edges "$@" && put_edge_configuration "$stack/releases/$release/edge" &&
    : >"$ESTIBA_TX/edge-reloaded" && sync "$ESTIBA_TX/edge-reloaded" && sync "$ESTIBA_TX" && for_each_place load_edge "$@"
}

# An edge that was never told to load another one runs what it had.
configure_edge_back() {
  [ -d "$ESTIBA_TX/edge-before" ] || return 0
  put_edge_configuration "$ESTIBA_TX/edge-before" && drop_all_edge_files_but "$ESTIBA_TX/edge-before" || return 1
  [ -f "$ESTIBA_TX/edge-reloaded" ] || return 0
  await_engine && for_each_place load_edge "$@"
}

load_edge() { program=$(program_at "$1") && "load_$program" "$1"; }

# try_edges EDGE...: as it will be, beside the one that runs: with its image, its network, and what else it mounts.
try_edges() {
  tried=$ESTIBA_TX/edge-tried
  rm -rf "$tried" && cp -R "$stack/releases/$release/edge" "$tried" && chmod -R a+rX "$tried" && for_each_place try_edge "$@" && rm -rf "$tried"
}

# The server's own is asked when the files are in their place: it has nothing beside it.
try_edge() {
  [ "$1" != @host ] || return 0
  program=$(program_at "$1") &&
    mounts=$(docker inspect --format '{{range .Mounts}}{{println .Source .Destination}}{{end}}' "$1") &&
    image=$(docker inspect --format '{{.Image}}' "$1") || return 1
  set -- "$image" --rm --network "container:$1" --volumes-from "$1:ro"
  while read -r source target; do
    case $source in "$stack/edge" | "$stack/edge/own/"*) ;; *) continue ;; esac
    source=$tried${source#"$stack/edge"}
    [ ! -e "$source" ] || set -- "$@" --volume "$source:$target:ro"
  done <<EOT
$mounts
EOT
  "test_$program" "$@"
}
