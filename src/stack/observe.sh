# shellcheck shell=sh
# What there is on the host for one stack: STACK PROJECT. One fact a line, `name<TAB>value`, between `observation` and
# `observed`: what a login shell prints on its own stands outside. Leaves everything as it was.
export LC_ALL=C
stack=$1 project=$2
fact() { printf '%s\t%s\n' "$1" "$2"; }

# For what may never answer, such as an engine behind a dead address: 124 where it took too long. BusyBox's `timeout` says 143.
bounded() {
  command -v timeout >/dev/null 2>&1 || { "$@"; return; }
  timeout 10 "$@"
  ended=$?
  [ "$ended" != 143 ] || ended=124
  return "$ended"
}

# at_once FUNCTION...: all of them beside each other, and what each prints in one piece.
at_once() {
  first=$1
  shift
  if [ $# -eq 0 ]; then "$first"; else "$first" </dev/null | { at_once "$@" </dev/null; cat; }; fi
}

. ../compose/plugin.sh
. ./observe/host.sh
. ./observe/folder.sh
. ./observe/engine.sh
. ./observe/stack.sh

fact observation 1
host_facts
at_once image_facts container_facts network_facts port_facts compose_facts engine_facts folder_facts nginx_facts stack_facts
fact observed 1
