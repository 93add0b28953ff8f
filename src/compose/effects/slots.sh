# The two slots that a release can be in, and the edge that is switched between them.

# join_slots SERVICE...: the running containers of what stays are in both slots under their service's name.
join_slots() {
  running=$(list_containers --filter status=running --format '{{.ID}} {{.Label "com.docker.compose.service"}} ,{{.Networks}},') || return 1
  for service; do
    for network in "${project}_slot-a" "${project}_slot-b"; do
      apart=$(printf '%s\n' "$running" | awk -v service="$service" -v network=",$network," '$2 == service && !index($3, network) { print $1 }')
      for container in $apart; do docker network connect --alias "$service" "$network" "$container" || return 1; done
    done
  done
}

# place_new NAME=DEFINITION:ADDRESS,ADDRESS...: the new containers of each service, not started yet, have these addresses in
# their slot and no other.
place_new() {
  every=$(survey) && find_new "$@" || return 1
  for service; do
    place=0
    for address in $(more "$service" | tr , ' '); do
      place=$((place + 1))
      container=$(among "$every" new "$service" | sed -n "${place}p")
      docker network disconnect "${project}_slot-$variant" "$container" &&
        docker network connect --ip "$address" --alias "$(name "$service")" "${project}_slot-$variant" "$container" || return 1
    done
  done
}

# make_slots SUBNET_A SUBNET_B: both networks are there; one that is there already stays as it is. The engine hands out the
# upper half of the addresses; those of the web services are in the lower one. 75: planned again it may go through.
make_slots() {
  docker network inspect "${project}_slot-a" "${project}_slot-b" >/dev/null 2>&1 || { make_slot a "$1" && make_slot b "$2"; }
}
make_slot() {
  # Of two that ask at once for the same addresses one is refused, maybe before the other's network is listed.
  for _ in 1 2 3; do
    docker network inspect "${project}_slot-$1" >/dev/null 2>&1 && return
    docker network create --subnet "$2" --ip-range "${2%.0/24}.128/25" --label "estiba.stack=$project" "${project}_slot-$1" >/dev/null && return
    if is_taken "$2"; then echo "another network has got $2 since this was planned"; return 75; fi
    sleep 1
  done
  return 1
}
is_taken() {
  networks=$(docker network ls --quiet) || return 1
  # shellcheck disable=SC2086 # a list of ids
  docker network inspect --format '{{range .IPAM.Config}}{{println .Subnet}}{{end}}' $networks | grep -qxF "$1"
}

# clear_slot SLOT: whatever is in it, unless the edge leads there.
clear_slot() {
  case $(readlink "$stack/edge/live") in
    "slots/$1" | "slots/$1-trial") echo "the edge leads to slot $1"; return 1 ;;
  esac
  left=$(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project" --filter "label=estiba.slot=$1") || return 1
  each "$left" docker update --restart=no && each "$left" docker stop && each "$left" docker rm
}

# Everything that the edge looks at. Its workers run as somebody else and must be able to read it.
stage_edge() {
  brought=$stack/releases/$release/edge
  [ -d "$brought" ] || return 0
  if [ ! -L "$stack/edge/live" ] || [ ! -f "$stack/edge/nginx.conf" ]; then make_edge "$brought" || return 1; fi
  chmod -R a+rX "$stack/edge"
}

# make_edge FOLDER: four folders that never change, and the link to one of them, which is made last.
make_edge() {
  for folder in a b a-trial b-trial; do mkdir -p "$stack/edge/slots/$folder" || return 1; done
  : >"$stack/edge/slots/b/b" && : >"$stack/edge/slots/b-trial/b" &&
    : >"$stack/edge/slots/a-trial/trial" && : >"$stack/edge/slots/b-trial/trial" || return 1
  [ -f "$stack/edge/nginx.conf" ] || put_edge_configuration "$1" || return 1
  sync -f "$stack/edge" && { [ -L "$stack/edge/live" ] || ln -s slots/a "$stack/edge/live"; } && sync "$stack/edge"
}

put_edge_configuration() {
  for file in server.conf nginx.conf; do
    cp "$1/$file" "$stack/edge/.$file" && chmod 0644 "$stack/edge/.$file" && sync "$stack/edge/.$file" && mv "$stack/edge/.$file" "$stack/edge/$file" || return 1
  done
  sync "$stack/edge"
}

# configure_edge SERVICE...: the configuration that the release brought, once the running nginx has found it good.
configure_edge() {
  before=$ESTIBA_TX/edge-before
  if [ ! -d "$before" ]; then
    rm -rf "$before.new" && mkdir "$before.new" && cp "$stack/edge/nginx.conf" "$stack/edge/server.conf" "$before.new" &&
      sync "$before.new/nginx.conf" && sync "$before.new/server.conf" && sync "$before.new" && mv -T "$before.new" "$before" && sync "$ESTIBA_TX" || return 1
  fi
  put_edge_configuration "$stack/releases/$release/edge" && reload_each_nginx "$@"
}

configure_edge_back() {
  [ -d "$ESTIBA_TX/edge-before" ] || return 0
  put_edge_configuration "$ESTIBA_TX/edge-before" && await_engine && reload_each_nginx "$@"
}

reload_each_nginx() { for service; do reload_nginx "$service" || return 1; done; }

# switch_edge FOLDER: one rename. The next request goes where it leads.
switch_edge() {
  ln -sfn "slots/$1" "$stack/edge/.live" && mv -T "$stack/edge/.live" "$stack/edge/live" && sync "$stack/edge"
}

# see_edge FOLDER SERVICE...: the switch counts when a worker of each running nginx says so.
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
          echo 'does its configuration include /etc/nginx/estiba/nginx.conf and, in each server, /etc/nginx/estiba/server.conf?'
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
