# The containers of a service, old and new, and what is done to them.

compose() {
  docker_compose --project-name "$project" --project-directory "$stack/project" \
    --file "$stack/releases/$release/$variant/compose.json" "$@"
}

# list_containers ARG...: those of the stack, one-off ones apart, as `docker ps` shows them.
list_containers() {
  docker ps --all --no-trunc --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.oneoff=False "$@"
}

# containers SERVICE [FILTER]: ids, one a line.
containers() { list_containers --quiet --filter "label=com.docker.compose.service=$1" ${2:+--filter "$2"}; }

name() { echo "${1%%=*}"; }
more() { echo "${1#*:}"; }

# Every container of the stack, one a line: id, service, definition and slot. One question to the engine, however many
# services there are; one that does not answer is a failure, not a list of nothing.
survey() {
  list_containers --format '{{.ID}} {{.Label "com.docker.compose.service"}} {{.Label "estiba.definition"}}/{{.Label "estiba.slot"}}'
}

# among SURVEY new|old NAME=DEFINITION[:MORE]: ids, one a line.
among() {
  definition=${3#*=}
  printf '%s\n' "$1" | awk -v side="$2" -v name="${3%%=*}" -v made="${definition%%:*}/" -v here="$variant" '
    $2 == name && ($3 == made || $3 == made here ? "new" : "old") == side { print $1 }'
}

# of_all new|old NAME=DEFINITION...: among all that `every` says.
of_all() {
  side=$1
  shift
  for service; do among "$every" "$side" "$service"; done
}

# find_new NAME=DEFINITION...: sets `new` to all that `every` says are new; one service without any is named, and a failure.
find_new() {
  new=''
  for service; do
    found=$(among "$every" new "$service")
    [ -n "$found" ] || { echo "the new $(name "$service") is gone"; return 1; }
    new="$new $found"
  done
}

# each "IDS" COMMAND [ARG...]: once, with the ids as further arguments; nothing to do is success.
each() {
  ids=$1
  shift
  # shellcheck disable=SC2086 # a list of ids
  [ -z "$ids" ] || "$@" $ids >/dev/null
}

# A way back waits for an engine that is being restarted; its deadline ends the wait.
await_engine() { until docker version >/dev/null 2>&1; do sleep 1; done; }
await_survey() { until survey 2>/dev/null; do sleep 1; done; }

# create_new NAME=DEFINITION:REPLICAS...: beside the old ones, not started, and not to be restarted by the engine.
create_new() {
  scale='' names=''
  every=$(survey) || return 1
  for service; do
    scale="$scale --scale $(name "$service")=$(($(among "$every" old "$service" | grep -c .) + $(more "$service")))"
    names="$names $(name "$service")"
  done
  # shellcheck disable=SC2086 # lists of plain words
  compose create --no-recreate --no-build $scale $names && every=$(survey) && new=$(of_all new "$@") && each "$new" docker update --restart=no
}

# came NAME=DEFINITION...: those new ones that `every` names and that were not there before this transaction.
came() {
  of_all new "$@" | awk -v served="$(awk '{ print $2 }' "$ESTIBA_TX/served" 2>/dev/null | tr '\n' ' ')" '!index(" " served, " " $1 " ")'
}

# set_aside NAME=DEFINITION...: the new ones are kept, stopped, for whoever wants to know what was wrong with them. One that has
# never run has nothing to tell, and goes.
set_aside() {
  every=$(await_survey) && new=$(came "$@") && each "$new" docker update --restart=no && each "$new" docker stop || return 1
  [ -n "$new" ] || return 0
  # shellcheck disable=SC2086 # a list of ids
  told=$(docker inspect --format '{{.Id}} {{.Name}} {{if or .State.Error (ne .State.StartedAt "0001-01-01T00:00:00Z")}}ran{{else}}-{{end}} {{.HostConfig.NetworkMode}}{{range $name, $_ := .NetworkSettings.Networks}} {{$name}}{{end}}' $new) || return 1
  each "$(printf '%s\n' "$told" | awk '$3 != "ran" { print $1 }')" docker rm || return 1
  printf '%s\n' "$told" | {
    while read -r container called ran networks; do
      [ "$ran" = ran ] || continue
      # shellcheck disable=SC2086 # a list of names
      cut_off "$container" $networks &
      echo "kept, stopped, until the next deploy: ${called#/} (docker logs ${called#/})"
    done
    wait
  }
}

# cut_off CONTAINER MODE NETWORK...: it meets nobody, and nobody it, should somebody start it with the others, as
# `docker compose restart` does. Without any network the engine would give it its first one again. What shares another one's
# network can't be cut off.
cut_off() {
  case $2 in container:* | host | none) return ;; esac
  apart=$1 has_none=false
  shift 2
  for network; do
    if [ "$network" = none ]; then has_none=true; else docker network disconnect --force "$network" "$apart"; fi
  done
  "$has_none" || docker network connect none "$apart"
}

# lead_back FOLDER NAME=DEFINITION/SLOT...: `current` names it again, or its guard as long as one of those is kept: Compose, up to
# 2.29 at least, takes what runs for surplus then, removes that, and makes of what is kept the one that is to run.
lead_back() {
  folder=$1
  shift
  await_engine
  kept=$(ended "$@") && point_current "$folder${kept:+-guard}"
}

# clear_kept NAME=DEFINITION/SLOT...
clear_kept() { kept=$(ended "$@") && each "$kept" docker rm; }

# ended NAME=DEFINITION/SLOT...: the ids of those that do not run.
ended() {
  listed=$(list_containers --filter status=created --filter status=exited --filter status=dead \
    --format '{{.ID}} {{.Label "com.docker.compose.service"}}={{.Label "estiba.definition"}}/{{.Label "estiba.slot"}}') || return 1
  printf '%s\n' "$listed" | awk -v wanted=" $* " 'NF && index(wanted, " " $2 " ") { print $1 }'
}

# start_and_prove SECONDS NAME=DEFINITION...: all at once, since their starts take as long as the slowest.
start_and_prove() {
  seconds=$1
  shift
  every=$(survey) && find_new "$@" || return 1
  # shellcheck disable=SC2086 # a list of ids
  prove_all "$seconds" started $new
}

stop_new() {
  every=$(await_survey) && new=$(of_all new "$@") && each "$new" docker stop
}

# keep_alive NAME=DEFINITION:POLICY...: they run, and from now on the engine sees to it. (An engine that was killed leaves
# `unless-stopped` containers down.) One request for all of the same policy.
keep_alive() {
  every=$(await_survey)
  for policy in $(for service; do more "$service"; done | sort -u); do
    new=$(for service; do [ "$(more "$service")" != "$policy" ] || among "$every" new "$service"; done)
    each "$new" docker update --restart="$policy" || return 1
  done
  each "$(of_all new "$@")" docker start
}

# remove_old NAME=DEFINITION...: with a definition that no container has, all of the service.
remove_old() {
  every=$(await_survey) && old=$(of_all old "$@") && each "$old" docker update --restart=no && each "$old" docker stop && each "$old" docker rm
}

# remove_idle NAME...: of services of which enough run, what does not: an interrupted or scaled `up` by hand leaves such.
remove_idle() {
  await_engine
  for service; do
    idle=$(list_containers --quiet --filter "label=com.docker.compose.service=$service" --filter status=created --filter status=exited --filter status=dead) &&
      each "$idle" docker rm || return 1
  done
}
