# Services that run to their end.

# run_jobs SECONDS NAME=DEFINITION:TRIES...: all at once, each until it has ended well; one that has not is begun anew as
# often as that is allowed, behind a pause that doubles, as the engine has it.
run_jobs() {
  give_up=$(($(uptime_seconds) + $1)) within=$1 runs='' failed=0
  shift
  every=$(survey) && find_new "$@" || return 1
  for service; do
    for container in $(among "$every" new "$service"); do
      run_job "$container" "$(more "$service")" &
      runs="$runs $!"
    done
  done
  for run in $runs; do wait "$run" || failed=1; done
  return "$failed"
}

# run_job CONTAINER TRIES
run_job() {
  tried=0 left=$within pause=1
  while [ "$tried" -lt "$2" ] && [ "$left" -gt 0 ]; do
    docker start "$1" >/dev/null || { explain "$1"; return 1; }
    ended=$(timeout -k 1 "$left" docker wait "$1")
    case $? in 0) ;; 124 | 143) break ;; *) explain "$1"; return 1 ;; esac
    [ "$ended" != 0 ] || return 0
    tried=$((tried + 1)) left=$((give_up - $(uptime_seconds)))
    [ "$tried" -ge "$2" ] || [ "$pause" -ge "$left" ] || { sleep "$pause"; left=$((left - pause)) pause=$((pause < 30 ? pause * 2 : pause)); }
  done
  [ "$left" -gt 0 ] && [ "$tried" -ge "$2" ] || echo "not completed within $within s:"
  explain "$1"
  return 1
}
