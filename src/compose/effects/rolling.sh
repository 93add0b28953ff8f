# One web service after the other goes to the other slot (`strategy: rolling`).

# roll_edge SLOT SERVICE...: `live` leads to a folder in which each of them is led by itself; for now to SLOT, where all are. A
# marker leads one to b. The folder of b has all of them, too, so that a request that meets the rename is led to the same.
roll_edge() {
  [ "$(readlink "$stack/edge/live")" != slots/rolling ] || return 0
  led=$1 rolling=$stack/edge/slots/rolling in_b=$stack/edge/slots/b
  shift
  rm -rf "$rolling" && rm -f "$in_b"/*.b && (
    umask 022 && mkdir "$rolling" || exit 1
    for service; do : >"$in_b/$service.b" && { [ "$led" = a ] || : >"$rolling/$service.b"; } || exit 1; done
  ) && sync -f "$rolling" && switch_edge rolling
}

# lead_service SLOT SERVICE: the next request for it goes there.
lead_service() {
  marker=$stack/edge/slots/rolling/$2.b
  if [ "$1" = b ]; then (umask 022 && : >"$marker"); else rm -f "$marker"; fi && sync "${marker%/*}"
}

# lead_all SLOT SERVICE...: the edge leads there altogether, when each of them is led there.
lead_all() {
  slot=$1
  shift
  for service; do
    led=a
    [ ! -f "$stack/edge/slots/rolling/$service.b" ] || led=b
    [ "$led" = "$slot" ] || { echo "$service is still led to slot $led"; return 1; }
  done
  switch_edge "$slot"
}

# Inside, both slots find each other because what is in slot a is in b's network as well, never the other way round: a container
# looks a name up in the first of its networks by name, and the first is its way out, which must not change while it serves. A
# name is given and taken by joining the network anew. With the same address, so that connections outlive it.

# stands_in CONTAINER NETWORK: nothing, `in`, or `in known`, by its service's name.
stands_in() {
  docker inspect --format "{{\$service := index .Config.Labels \"com.docker.compose.service\"}}{{with index .NetworkSettings.Networks \"$2\"}}in{{range .Aliases}}{{if eq . \$service}} known{{end}}{{end}}{{end}}" "$1"
}

# names_in CONTAINER NETWORK: its address there, whether it runs or not, a comma, and its names as options.
names_in() {
  docker inspect --format "{{with index .NetworkSettings.Networks \"$2\"}}{{if .IPAddress}}{{.IPAddress}}{{else}}{{with .IPAMConfig}}{{.IPv4Address}}{{end}}{{end}},{{range .Aliases}} --alias {{.}}{{end}}{{end}}" "$1"
}

# put_in CONTAINER NETWORK ADDRESS OPTIONS: known by those names, or by none.
put_in() {
  stands=$(stands_in "$1" "$2") || return 1
  case $stands,$4 in in,) return 0 ;; in\ known*,?*) return 0 ;; in*) docker network disconnect "$2" "$1" || return 1 ;; esac
  case $3 in *.*.*.*) address="--ip $3" ;; *) address='' ;; esac
  # shellcheck disable=SC2086 # options and their values
  docker network connect $4 $address "$2" "$1"
}

# put_in_b CONTAINER OPTIONS
put_in_b() { at=$(names_in "$1" "${project}_slot-b") && put_in "$1" "${project}_slot-b" "${at%%,*}" "$2"; }

# lend_names: what runs in slot a is known in b, too.
lend_names() {
  lent=$(list_containers --quiet --filter status=running --filter label=estiba.slot=a) || return 1
  for container in $lent; do at=$(names_in "$container" "${project}_slot-a") && put_in_b "$container" "${at#*,}" || return 1; done
}

# part_slots: nothing of slot a is in b any more.
part_slots() {
  await_engine
  lent=$(list_containers --quiet --filter label=estiba.slot=a --filter "network=${project}_slot-b") || return 1
  for container in $lent; do docker network disconnect "${project}_slot-b" "$container" || return 1; done
}

# hide CONTAINER SLOT: it keeps its address, and nobody finds it by a name any more. Its names are noted first.
hide() {
  if ! grep -qs "^$1 " "$ESTIBA_TX/names"; then
    at=$(names_in "$1" "${project}_slot-$2") && [ -n "$at" ] && printf '%s %s %s\n' "$1" "$2" "$at" >>"$ESTIBA_TX/names" &&
      sync "$ESTIBA_TX/names" && sync "$ESTIBA_TX" || return 1
  fi
  at=$(grep "^$1 " "$ESTIBA_TX/names") && at=${at#* * } && put_in "$1" "${project}_slot-$2" "${at%%,*}" ''
}

# show CONTAINER: as it was noted; what is in slot a is known in b as well.
show() {
  at=$(grep -s "^$1 " "$ESTIBA_TX/names") || return 0
  slot=${at#* } slot=${slot%% *} at=${at#* * }
  put_in "$1" "${project}_slot-$slot" "${at%%,*}" "${at#*,}" && { [ "$slot" = b ] || put_in_b "$1" "${at#*,}"; }
}

# hide_new NAME=DEFINITION...: not to be found before they have proved themselves, nor when they are about to be stopped.
hide_new() {
  every=$(await_survey) && new=$(of_all new "$@") || return 1
  for container in $new; do hide "$container" "$variant" && { [ "$variant" = b ] || put_in_b "$container" ''; } || return 1; done
}

show_new() { every=$(survey) && find_new "$@" && for container in $new; do show "$container" || return 1; done; }

# hide_old NAME=DEFINITION...: what is about to be stopped is asked by nobody any more who has not asked yet.
hide_old() {
  was=$(old_slot)
  every=$(survey) && old=$(of_all old "$@") && serving=$(list_containers --quiet --filter status=running --filter "label=estiba.slot=$was") || return 1
  for container in $(printf '%s\n' "$serving" | grep -xF "$old"); do
    hide "$container" "$was" || return 1
    [ "$was" = b ] || [ -z "$(stands_in "$container" "${project}_slot-b")" ] || docker network disconnect "${project}_slot-b" "$container" || return 1
  done
  let_them_ask
}

# come_back SECONDS SERVICE NAME=DEFINITION...: what served of it serves again, and is found when it has proved itself. It may ask
# the others, so those of which the new can't answer are taken back before it is started, one after the other; and all, where it needs that.
come_back() {
  within=$1 back=$2 ailing=''
  shift 2
  await_engine
  end_stops || return 1
  all_run "$(served_of "$back")" || for other; do are_well "$other" >/dev/null 2>&1 || ailing="$ailing $other"; done
  for other in $ailing; do take_back "$other" || return 1; done
  if ! stand_by "$within" "$back"; then
    [ $# -gt 0 ] || return 1
    for other; do take_back "$other" || return 1; done
    # shellcheck disable=SC2046 # a list of ids
    prove_all "$within" running $(served_of "$back") || return 1
  fi
  for container in $(served_of "$back"); do show "$container" || return 1; done
}

# all_run "IDS"
all_run() {
  # shellcheck disable=SC2086 # a list of ids
  [ -z "$1" ] || { states=$(docker inspect --format '{{.State.Running}}' $1) && case $states in *false*) return 1 ;; esac; }
}

served_of() { awk -v service="$1" '$1 == service { print $2 }' "$ESTIBA_TX/served"; }

# take_back NAME=DEFINITION
take_back() {
  stand_by "$within" "$(name "$1")" || return 1
  for container in $(served_of "$(name "$1")"); do show "$container" || return 1; done
  if [ -f "$stack/edge/slots/b/$(name "$1").b" ]; then lead_service "$(old_slot)" "$(name "$1")" || return 1; fi
  retire_new "$1"
}

old_slot() { if [ "$variant" = b ]; then echo a; else echo b; fi; }

# retire_new NAME=DEFINITION...: by now the old ones serve again, and are found.
retire_new() {
  if hide_new "$@"; then let_them_ask; else echo 'who asks by name may meet one that is being stopped'; fi
  every=$(await_survey) && new=$(of_all new "$@") && each "$new" docker update --restart=no && each "$new" docker stop
}

# Whoever has looked a name up, or remembers it for a second, still has a moment; and who asked just as a network was joined
# anew, for he asks again after a second.
let_them_ask() { sleep 2; }

# try_new SECONDS NAME=DEFINITION: one that does not prove itself takes no memory, and is not tried again.
try_new() {
  failed="$ESTIBA_TX/failed-$(name "$2")"
  [ ! -f "$failed" ] || { echo "the new $(name "$2") has failed its proof in this transaction"; return 1; }
  if start_and_prove "$@"; then return; fi
  # Of one that could not be started, nothing is known.
  # shellcheck disable=SC2086 # a list of ids
  if states=$(docker inspect --format '{{.State.Status}}' $new); then case $states in *created*) ;; *) : >"$failed" ;; esac; fi
  shift
  stop_new "$@"
  return 1
}
