# The edge, which is switched between the slots.

# Everything that the edge looks at. Its workers run as somebody else and must be able to read it.
stage_edge() {
  brought=$stack/releases/$release/edge
  [ -d "$brought" ] || return 0
  if [ ! -L "$stack/edge/live" ] || lacks_configuration "$brought"; then make_edge "$brought" || return 1; fi
  chmod -R a+rX "$stack/edge"
}

# lacks_configuration FOLDER: a file of it, at least, was never put there. What is another one there is for `configure_edge`.
lacks_configuration() {
  for file in "$1"/*.conf; do [ -f "$stack/edge/${file##*/}" ] || return 0; done
  return 1
}

# make_edge FOLDER: four folders that never change, and the link to one of them, which is made last.
make_edge() {
  for folder in a b a-trial b-trial; do mkdir -p "$stack/edge/slots/$folder" && : >"$stack/edge/slots/$folder/$folder" || return 1; done
  : >"$stack/edge/slots/b-trial/b" && : >"$stack/edge/slots/a-trial/trial" && : >"$stack/edge/slots/b-trial/trial" || return 1
  for file in "$1"/*.conf; do [ -f "$stack/edge/${file##*/}" ] || put_edge_file "$file" || return 1; done
  sync -f "$stack/edge" && { [ -L "$stack/edge/live" ] || ln -s slots/a "$stack/edge/live"; } && sync "$stack/edge"
}

# put_edge_configuration FOLDER: its files and no others.
put_edge_configuration() {
  for file in "$1"/*.conf; do put_edge_file "$file" || return 1; done
  for file in "$stack"/edge/*.conf; do [ -f "$1/${file##*/}" ] || rm -f "$file"; done
  sync "$stack/edge"
}

put_edge_file() {
  new=$stack/edge/.${1##*/}
  cp "$1" "$new" && chmod 0644 "$new" && sync "$new" && mv "$new" "$stack/edge/${1##*/}"
}

# configure_edge SERVICE...: the configuration that the release brought, once the running edge has found it good.
configure_edge() {
  before=$ESTIBA_TX/edge-before
  if [ ! -d "$before" ]; then
    rm -rf "$before.new" && mkdir "$before.new" && cp "$stack"/edge/*.conf "$before.new" &&
      sync "$before.new"/*.conf && sync "$before.new" && mv -T "$before.new" "$before" && sync "$ESTIBA_TX" || return 1
  fi
  put_edge_configuration "$stack/releases/$release/edge" && reload_edges "$@"
}

configure_edge_back() {
  [ -d "$ESTIBA_TX/edge-before" ] || return 0
  put_edge_configuration "$ESTIBA_TX/edge-before" && await_engine && reload_edges "$@"
}

reload_edges() {
  for service; do
    running=$(containers "$service" status=running) || return 1
    for container in $running; do
      if docker exec "$container" caddy version >/dev/null 2>&1; then reload_caddy "$container"; else reload_one_nginx "$container"; fi || return 1
    done
  done
}

reload_nginx() {
  running=$(containers "$1" status=running) || return 1
  for container in $running; do reload_one_nginx "$container" || return 1; done
}
reload_one_nginx() { docker exec "$1" nginx -t -q && docker exec "$1" nginx -s reload; }

# By the configuration that it was started with.
reload_caddy() {
  configuration=$(docker inspect --format '{{range .Args}}{{println .}}{{end}}' "$1" | awk '
    $0 == "--config" || $0 == "-c" { getline file } $0 == "--adapter" || $0 == "-a" { getline adapter }
    END { if (file == "") { file = "/etc/caddy/Caddyfile"; adapter = "caddyfile" }
          print "--config", file; if (adapter != "") print "--adapter", adapter }') || return 1
  # shellcheck disable=SC2086 # a list of options
  docker exec "$1" caddy validate $configuration && docker exec "$1" caddy reload --force $configuration
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
