# A service's own health check, asked directly, since waiting for the engine's next interval costs seconds.

uptime_seconds() { read -r up _ </proc/uptime && echo "${up%%.*}"; }

# explain CONTAINER [ANSWER]: what is known of one that failed, what decides last: an error shows the end. Said at once, for
# several may fail at the same time.
explain() {
  told=$(docker inspect --format '{{.Name}} {{index .Config.Labels "com.docker.compose.service"}} is {{.State.Status}}, exit code {{.State.ExitCode}}, killed for memory: {{.State.OOMKilled}}, restarts: {{.RestartCount}}{{with .State.Error}}, the engine said: {{.}}{{end}}' "$1") || return
  title=${told%% *} title=${title#/} told=${told#* }
  checks=$(docker inspect --format '{{with .State.Health}}{{range .Log}}{{println "exit code" .ExitCode}}{{println .Output}}{{end}}{{end}}' "$1" | last_lines 6 1000)
  printf '%s\n' "the last lines of $title:" "$(docker logs --tail 15 "$1" 2>&1 | last_lines 12 2000)" \
    ${checks:+"the health checks of the engine:" "$checks"} ${2:+"its health check said: $2"} \
    "${told%% *} ($title) ${told#* }" "more on the host: docker logs $title, docker inspect $title"
}

# last_lines NUMBER BYTES: of what is not empty; none is cut, for a secret's rest would be shown, which no mask knows.
last_lines() {
  awk -v most="$1" -v room="$2" '
    NF { line[++n] = $0 }
    END {
      for (first = n + 1; first > 1 && n - first + 1 < most && (room -= length(line[first - 1]) + 1) >= 0; first--);
      if (n && first > n) print "(a line of more than " room + length(line[n]) + 1 " bytes)"
      for (; first <= n; first++) print line[first]
    }'
}

# check_of CONTAINER: its state and how often it was restarted, then the words of its health check, one a line.
check_of() {
  docker inspect --format '{{.State.Status}} {{.RestartCount}}{{with .Config.Healthcheck}}{{range .Test}}
{{.}}{{end}}{{end}}' "$1"
}

# Asked within the container, where there is a shell: a client takes longer than most checks. Gives up behind a no after three
# seconds or 40 checks, so that somebody looks whether the container is still the same.
# shellcheck disable=SC2016 # the container's
ask_within='streak=0 asked=0 began=0 now=0
read -r began _ </proc/uptime
while [ "$streak" -lt 3 ]; do
  if said=$("$@" 2>&1); then streak=$((streak + 1)); else streak=0; fi
  asked=$((asked + 1))
  read -r now _ </proc/uptime
  if [ "$streak" = 0 ] && { [ "$asked" -ge 40 ] || [ "$((${now%%.*} - ${began%%.*}))" -ge 3 ]; }; then printf "%s\n" "$said"; exit 1; fi
  [ "$streak" = 3 ] || sleep 0.05 2>/dev/null || sleep 1
done'

# ask CONTAINER [COMMAND...]: three times in a row. Without a health check of its own it is enough that it runs.
ask() {
  asked=$1
  shift
  if [ $# = 0 ]; then
    for time in 1 2 3; do
      if [ "$(docker inspect --format '{{.State.Running}}' "$asked")" != true ]; then return 1; fi
      [ "$time" = 3 ] || sleep 0.5
    done
    return
  fi
  timeout -k 1 30 docker exec "$asked" sh -c "$ask_within" sh "$@"
  code=$?
  # The image has no shell.
  case $code in 126 | 127) ;; *) return "$code" ;; esac
  for time in 1 2 3; do
    [ "$time" = 1 ] || sleep 0.05
    timeout -k 1 10 docker exec "$asked" "$@" || return
  done
}

# prove SECONDS started|running CONTAINER: healthy three times in a row within the time; one that ended has failed at once.
prove() {
  seconds=$1 container=$3 give_up=$(($(uptime_seconds) + $1)) begun=''
  [ "$2" = running ] || { docker start "$container" >/dev/null & begun=$!; }
  check=$(check_of "$container") || return 1
  { read -r status restarts; IFS= read -r kind; words=$(cat); } <<EOT
$check
EOT
  set --
  case $kind in
    CMD-SHELL) set -- sh -c "$words" ;;
    CMD)
      while IFS= read -r word; do set -- "$@" "$word"; done <<EOT
$words
EOT
  esac
  [ -z "$begun" ] || wait "$begun" || { explain "$container"; return 1; }
  # A start begins the count anew.
  [ "$status" != exited ] || restarts=0
  while :; do
    answer=$(ask "$container" "$@" 2>&1)
    well=$?
    # BusyBox's `timeout` ends with the signal's code.
    case $well in 124 | 143) answer='nothing in time' ;; esac
    # One that answers runs; whether it is still the same run is asked behind each answer.
    state=$(docker inspect --format '{{.State.Status}} {{.RestartCount}}' "$container") || return 1
    [ "$state" = "running $restarts" ] || { explain "$container" "$answer"; return 1; }
    [ "$well" != 0 ] || return 0
    [ "$(uptime_seconds)" -lt "$give_up" ] || { echo "not healthy within $seconds s:"; explain "$container" "$answer"; return 1; }
  done
}

# prove_all SECONDS started|running CONTAINER...: all at once; those to be `started` are not running yet.
prove_all() {
  seconds=$1 how=$2 proofs='' failed=0
  shift 2
  for container; do
    prove "$seconds" "$how" "$container" &
    proofs="$proofs $!"
  done
  for proof in $proofs; do wait "$proof" || failed=1; done
  return "$failed"
}

# are_well NAME=DEFINITION...: what is on trial still runs, was not restarted, and its health check does not say no.
are_well() {
  every=$(survey) && find_new "$@" || return 1
  # shellcheck disable=SC2086 # a list of ids
  states=$(docker inspect --format '{{.ID}} {{.State.Status}} {{.RestartCount}} {{with .State.Health}}{{.Status}}{{end}}' $new) || return 1
  failed=0
  while read -r container state; do
    case $state in
      'running 0 unhealthy') explain "$container" unhealthy; failed=1 ;;
      'running 0' | 'running 0 '*) ;;
      *) explain "$container"; failed=1 ;;
    esac
  done <<EOT
$states
EOT
  return "$failed"
}

# run_for SECONDS NAME=DEFINITION...: until the youngest of them was started so long ago, and as long as all are well.
run_for() {
  seconds=$1
  shift
  every=$(survey) && find_new "$@" || return 1
  until is_past "$seconds"; do sleep 1 && are_well "$@" || return 1; done
}

# is_past SECONDS: all of `new` were started longer ago; what the engine does not say is not past.
is_past() {
  # shellcheck disable=SC2086 # a list of ids
  started=$(docker inspect --format '{{.State.StartedAt}}' $new) || return 1
  for time in $started; do
    began=$(date -u -d "${time%%.*}Z" +%s 2>/dev/null || date -u -D '%Y-%m-%dT%H:%M:%SZ' -d "${time%%.*}Z" +%s) || return 1
    [ "$(($(date +%s) - began))" -ge "$1" ] || return 1
  done
}
