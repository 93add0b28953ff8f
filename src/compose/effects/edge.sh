# The edge, which is switched between the slots.

# Everything that the edge looks at. Its workers run as somebody else and must be able to read it.
stage_edge() {
  brought=$stack/releases/$release/edge
  [ -d "$brought" ] || return 0
  if [ ! -L "$stack/edge/live" ] || lacks_configuration "$brought"; then make_edge "$brought" || return 1; fi
  chmod -R a+rX "$stack/edge"
}

# edge_files FOLDER: what it has for edges, as paths in it: what is generated, and below `own` the team's own configuration.
edge_files() { (cd "$1" && find ./*.conf own -type f 2>/dev/null | sed 's|^\./||'); }

# lacks_configuration FOLDER: a file of it, at least, was never put there. What is another one there is for `configure_edge`.
lacks_configuration() { ! edge_files "$1" | has_edge_files; }
has_edge_files() { while IFS= read -r file; do [ -f "$stack/edge/$file" ] || return 1; done; }

# make_edge FOLDER: four folders that never change, and the link to one of them, which is made last.
make_edge() {
  for folder in a b a-trial b-trial; do mkdir -p "$stack/edge/slots/$folder" && : >"$stack/edge/slots/$folder/$folder" || return 1; done
  : >"$stack/edge/slots/b-trial/b" && : >"$stack/edge/slots/a-trial/trial" && : >"$stack/edge/slots/b-trial/trial" || return 1
  edge_files "$1" | put_edge_files "$1" lacking || return 1
  sync -f "$stack/edge" && { [ -L "$stack/edge/live" ] || ln -s slots/a "$stack/edge/live"; } && sync "$stack/edge"
}

# put_edge_files FOLDER all|lacking: those on standard input.
put_edge_files() {
  while IFS= read -r file; do
    if [ "$2" = lacking ] && [ -f "$stack/edge/$file" ]; then continue; fi
    put_edge_file "$1" "$file" || return 1
  done
}

# put_edge_file FOLDER FILE: a container that mounts a file has its inode, so what may be mounted is written in its place.
put_edge_file() {
  target=$stack/edge/$2 new=$stack/edge/.${2##*/}
  case $2 in
    own/*) mkdir -p "${target%/*}" && cat "$1/$2" >"$target" && chmod 0644 "$target" && sync "$target" ;;
    *) cp "$1/$2" "$new" && chmod 0644 "$new" && sync "$new" && mv "$new" "$target" ;;
  esac
}

# put_edge_configuration FOLDER: all of it; and out of the folders that an edge mounts goes what is not in it. The rest waits
# for `tidy_edge`: a container that mounts a file can't start without it.
put_edge_configuration() {
  edge_files "$1" | put_edge_files "$1" all && edge_files "$stack/edge" | grep '^own/[^/]*/[^/]*/' | drop_edge_files "$1" &&
    chmod -R a+rX "$stack/edge" && sync "$stack/edge"
}

# drop_edge_files FOLDER: those on standard input that it does not have.
drop_edge_files() { while IFS= read -r file; do [ -f "$1/$file" ] || rm -f "$stack/edge/$file"; done; }

# drop_all_edge_files_but FOLDER: nothing that mounts one of the others is there any more.
drop_all_edge_files_but() { edge_files "$stack/edge" | drop_edge_files "$1" && sync "$stack/edge"; }
tidy_edge() { drop_all_edge_files_but "$stack/releases/$release/edge"; }

# configure_edge SERVICE...: the configuration that the release brought, once it was found good in a container of its own.
configure_edge() {
  before=$ESTIBA_TX/edge-before
  if [ ! -d "$before" ]; then
    rm -rf "$before.new" && mkdir "$before.new" && edge_files "$stack/edge" | keep_edge_files "$before.new" &&
      sync "$before.new" && mv -T "$before.new" "$before" && sync "$ESTIBA_TX" || return 1
  fi
  try_edges "$@" && put_edge_configuration "$stack/releases/$release/edge" &&
    : >"$ESTIBA_TX/edge-reloaded" && sync "$ESTIBA_TX/edge-reloaded" && sync "$ESTIBA_TX" && reload_edges "$@"
}

keep_edge_files() {
  while IFS= read -r file; do
    case $file in */*) mkdir -p "$1/${file%/*}" ;; esac
    cp "$stack/edge/$file" "$1/$file" && sync "$1/$file" || return 1
  done
}

# An edge that was never told to load another one runs what it had.
configure_edge_back() {
  [ -d "$ESTIBA_TX/edge-before" ] || return 0
  put_edge_configuration "$ESTIBA_TX/edge-before" && drop_all_edge_files_but "$ESTIBA_TX/edge-before" || return 1
  [ -f "$ESTIBA_TX/edge-reloaded" ] || return 0
  await_engine && reload_edges "$@"
}

# try_edges SERVICE...: as it will be, beside the one that runs: with its image, its network, and what else it mounts.
try_edges() {
  tried=$ESTIBA_TX/edge-tried
  rm -rf "$tried" && cp -R "$stack/releases/$release/edge" "$tried" && chmod -R a+rX "$tried" || return 1
  for service; do
    running=$(containers "$service" status=running) || return 1
    for container in $running; do try_edge "$container" || return 1; done
  done
  rm -rf "$tried"
}

try_edge() {
  container=$1
  mounts=$(docker inspect --format '{{range .Mounts}}{{println .Source .Destination}}{{end}}' "$container") &&
    image=$(docker inspect --format '{{.Image}}' "$container") || return 1
  set -- --rm --network "container:$container" --volumes-from "$container:ro"
  while read -r source target; do
    case $source in "$stack/edge" | "$stack/edge/own/"*) ;; *) continue ;; esac
    source=$tried${source#"$stack/edge"}
    [ ! -e "$source" ] || set -- "$@" --volume "$source:$target:ro"
  done <<EOT
$mounts
EOT
  if has_caddy "$container"; then
    configuration=$(caddy_configuration "$container") || return 1
    # shellcheck disable=SC2086 # a list of options
    docker run "$@" --entrypoint caddy "$image" validate $configuration
  else
    docker run "$@" --entrypoint nginx "$image" -t -q
  fi
}

# has_caddy CONTAINER: that the program can't be found is an answer; anything else is none, and ends the effect.
has_caddy() {
  docker exec "$1" caddy version >/dev/null 2>&1
  case $? in 0) return 0 ;; 126 | 127) return 1 ;; esac
  echo "the engine does not say what runs in $1" >&2
  exit 1
}

reload_edges() {
  for service; do
    running=$(containers "$service" status=running) || return 1
    for container in $running; do
      if has_caddy "$container"; then reload_caddy "$container"; else reload_one_nginx "$container"; fi || return 1
    done
  done
}

reload_nginx() {
  running=$(containers "$1" status=running) || return 1
  for container in $running; do reload_one_nginx "$container" || return 1; done
}
reload_one_nginx() { docker exec "$1" nginx -t -q && docker exec "$1" nginx -s reload; }

reload_caddy() {
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

# switch_edge FOLDER: one rename. The next request goes where it leads.
switch_edge() {
  ln -sfn "slots/$1" "$stack/edge/.live" && mv -T "$stack/edge/.live" "$stack/edge/live" && sync "$stack/edge"
}

# see_edge FOLDER SERVICE...: the switch counts when a worker of each running edge says so.
see_edge() {
  wanted=$1 give_up=$(($(uptime_seconds) + 5))
  shift
  for service; do
    running=$(containers "$service" status=running) || return 1
    [ -n "$running" ] || { echo "$service does not run"; return 1; }
    for container in $running; do
      until seen=$(ask_edge "$container" 2>&1) && [ "$seen" = "$wanted" ]; do
        [ "$(uptime_seconds)" -lt "$give_up" ] || {
          echo "$service was to lead to slot $wanted, but says: $seen"
          echo 'does its configuration include what Estiba writes for it (docs/recipes.md), and was it reloaded since?'
          return 1
        }
        sleep 0.05
      done
    done
  done
}

# With whatever the image has to ask with.
ask_edge() {
  # shellcheck disable=SC2016 # the inner shell's
  timeout -k 1 5 docker exec "$1" sh -c 'url=http://127.0.0.1:9180/
    if command -v curl >/dev/null; then exec curl -fsS -m 2 "$url"; fi
    if command -v wget >/dev/null; then exec wget -q -T 2 -O - "$url"; fi
    exec bash -c "exec 3<>/dev/tcp/127.0.0.1/9180; printf \"GET / HTTP/1.0\r\n\r\n\" >&3; tail -n 1 <&3"'
}
