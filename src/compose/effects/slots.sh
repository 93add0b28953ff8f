# The two slots that a release can be in.

# admit_old SLOT SERVICE=ADDRESS,ADDRESS...: what runs of each service in no slot is in that one as well, as far as there are addresses;
# without its name there, so that nobody but the edge comes to it.
admit_old() {
  guests_of=$1
  shift
  for service; do
    leave_slot "$guests_of" "$(name "$service")" || return 1
    running=$(list_containers --filter "label=com.docker.compose.service=$(name "$service")" --filter status=running --format '{{.ID}} {{.Label "estiba.slot"}}') || return 1
    addresses=${service#*=},
    for container in $(printf '%s\n' "$running" | awk '$2 != "a" && $2 != "b" { print $1 }'); do
      [ -n "$addresses" ] || break
      docker network connect --ip "${addresses%%,*}" "${project}_slot-$guests_of" "$container" || return 1
      addresses=${addresses#*,}
    done
  done
}

# leave_slot SLOT SERVICE...: those of its containers that are not of that slot, running or not.
leave_slot() {
  await_engine
  left=${project}_slot-$1 own=$1
  shift
  for guest; do
    inside=$(list_containers --filter "network=$left" --filter "label=com.docker.compose.service=$guest" --format '{{.ID}} {{.Label "estiba.slot"}}') || return 1
    for container in $(printf '%s\n' "$inside" | awk -v own="$own" '$2 != own { print $1 }'); do
      docker network disconnect "$left" "$container" || return 1
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

# make_slots SUBNET_A SUBNET_B: both networks are there; one that has these addresses already stays as it is. The engine hands
# out the upper half of them; those of the web services are in the lower one. 75: planned again it may go through.
make_slots() { make_slot a "$1" && make_slot b "$2"; }
make_slot() {
  has_subnet "${project}_slot-$1" "$2" && return
  drop_network "${project}_slot-$1" || return 1
  # Of two that ask at once for the same addresses one is refused, maybe before the other's network is listed.
  for _ in 1 2 3; do
    has_subnet "${project}_slot-$1" "$2" && return
    docker network create --subnet "$2" --ip-range "${2%.0/24}.128/25" --label "estiba.stack=$project" "${project}_slot-$1" >/dev/null && return
    if is_taken "$2"; then echo "another network has got $2 since this was planned"; return 75; fi
    sleep 1
  done
  return 1
}
has_subnet() { [ "$(docker network inspect --format '{{range .IPAM.Config}}{{.Subnet}}{{end}}' "$1" 2>/dev/null)" = "$2" ]; }

# drop_network NETWORK: one of the name with other addresses. What is shared by the slots leaves it, and is joined again when it
# is made anew; where a release runs in it, or somebody else does, it stays, and that is a failure.
drop_network() {
  there=$(docker network ls --quiet --filter "name=^$1\$") || return 1
  [ -n "$there" ] || return 0
  serving=$(list_containers --quiet --filter "network=$1" --filter status=running --filter label=estiba.slot) || return 1
  [ -z "$serving" ] || { echo "the network $1 has other addresses than the release wants, and containers of the stack run in it"; return 1; }
  sharing=$(list_containers --quiet --filter "network=$1" --filter status=running) || return 1
  for container in $sharing; do docker network disconnect "$1" "$container" || return 1; done
  docker network rm "$1" >/dev/null || { echo "the network $1 has other addresses than the release wants, and others are in it"; return 1; }
}

is_taken() {
  networks=$(docker network ls --quiet) || return 1
  # shellcheck disable=SC2086 # a list of ids
  docker network inspect --format '{{range .IPAM.Config}}{{println .Subnet}}{{end}}' $networks | grep -qxF "$1"
}

# clear_slot SLOT: whatever is in it, unless the edge leads there.
clear_slot() {
  case $(readlink "$stack/edge/live") in
    "slots/$1" | "slots/$1-trial" | slots/rolling) echo "the edge leads to slot $1"; return 1 ;;
  esac
  left=$(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project" --filter "label=estiba.slot=$1") || return 1
  each "$left" docker update --restart=no && each "$left" docker stop && each "$left" docker rm && part_slots
}
