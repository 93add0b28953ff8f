# What is left to do when a stack is removed, its containers apart.

# all_gone NAME=DEFINITION...: none of the old containers is there. What tells which they are is not removed before them.
all_gone() {
  every=$(await_survey) && old=$(of_all old "$@") || return 1
  [ -z "$old" ] || { echo "still there: $(echo "$old" | tr '\n' ' ')"; return 1; }
}

# drop_networks: whatever is in a slot's network leaves it, running or not, for without it it could not be started again. Of
# the stack's own networks those go in which no container is.
drop_networks() {
  await_engine
  networks=$(docker network ls --format '{{.Name}}') || return 1
  for network in $(printf '%s\n' "$networks" | grep -xF -e "${project}_slot-a" -e "${project}_slot-b"); do
    inside=$(docker ps --all --quiet --no-trunc --filter "network=$network") || return 1
    for container in $inside; do docker network disconnect "$network" "$container" || return 1; done
    docker network rm "$network" >/dev/null || return 1
  done
  own=$(docker network ls --format '{{.Name}}' --filter "label=com.docker.compose.project=$project") || return 1
  for network in $own; do
    inside=$(docker ps --all --quiet --filter "network=$network") || return 1
    [ -n "$inside" ] || docker network rm "$network" >/dev/null || return 1
  done
}

forget_edge() { rm -rf "${stack:?}/edge" && sync "$stack"; }

# forget_stack: what leads nowhere any more. What a container still mounts of files/ stays. The mark has the minute job removed when all is over.
forget_stack() {
  rm -f "$stack/current" "$stack/.current" "$stack/edge/live" && rm -rf "${stack:?}/releases" && sync "$stack" && forget_files || return 1
  rmdir "$stack/files" 2>/dev/null
  : >"$stack/removed" && sync "$stack/removed" && sync "$stack"
}

# let_all_go: the images of all its releases.
let_all_go() {
  await_engine
  tags=$(docker images --format '{{.Repository}}:{{.Tag}}' --filter "reference=estiba.invalid/held:$project.*") && each "$tags" docker image rm
}
