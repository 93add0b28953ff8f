# shellcheck shell=sh
# What must run after a start of the engine. The plan sets `project` above these lines. With the argument `which`, prints
# what tells this start of the engine from others, and fails where that can't be seen; without one, starts the containers
# that have ended against their restart policy, data first: an engine that was killed marks what it finds running at its
# next start as stopped by hand. A container that has never run, or ended well where only failing counts, is left alone.
# With `join`, has what the live release finds in both slots be there: who makes an edge or a store anew by hand has it outside.

: "${project:?}"

which_start() {
  for file in "${XDG_RUNTIME_DIR:-/run}/docker.pid" /run/docker.pid; do
    start=$(awk '{ sub(/.*\) /, ""); print $20 }' "/proc/$(cat "$file" 2>/dev/null)/stat" 2>/dev/null)
    [ -z "$start" ] || break
  done
  host=${DOCKER_HOST:-unix:///var/run/docker.sock}
  [ -n "$start" ] || start=$(stat -c %Z "${host#unix://}" 2>/dev/null) || return 1
  echo "$start $(cat /proc/sys/kernel/random/boot_id)"
}

start_all() {
  ended=$(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project" \
    --filter label=com.docker.compose.oneoff=False --filter status=exited) || return 1
  [ -n "$ended" ] || return 0
  # shellcheck disable=SC2086 # a list of ids
  described=$(docker inspect --format \
    '{{if index .Config.Labels "estiba.definition"}}2{{else}}1{{end}} {{.Created}} {{.Id}} {{.HostConfig.RestartPolicy.Name}} {{.State.ExitCode}}' $ended) || return 1
  failed=0
  for container in $(printf '%s\n' "$described" | sort |
    awk '$4 == "always" || $4 == "unless-stopped" || ($4 == "on-failure" && $5 != 0) { print $3 }'); do
    docker start "$container" || failed=1
  done
  return "$failed"
}

. ./effects/joins.sh

# shellcheck disable=SC2046 # names without spaces
case ${1:-} in
  which) which_start ;;
  join) join_slots $(cat "${0%/*}/current/../joins") ;;
  *) start_all ;;
esac
