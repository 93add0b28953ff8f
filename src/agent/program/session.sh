# Effects run in sessions of their own, so that all of one can be found and ended, also when its agent is gone.

# in_session SECONDS PROGRAM FILE: becomes the first process of a session, writes who it is to the file, and runs the
# program with a deadline. Fields of stat: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
in_session() {
  # shellcheck disable=SC2016 # the inner shell's
  cd "$stack" && exec setsid sh -c '
    seconds=$1 program=$2 file=$3
    read -r stat <"/proc/$$/stat" && read -r boot </proc/sys/kernel/random/boot_id && set -- ${stat##*) } && echo "$$ ${20} $boot" >"$file"
    exec timeout -k 5 "$seconds" sh "$program"' sh "$@"
}

# members SESSION: its living processes, each with its start time.
members() {
  cat /proc/[0-9]*/stat 2>/dev/null |
    awk -v session="$1" '{ pid = $1; sub(/.*\) /, "") } $4 == session && $1 !~ /[ZX]/ { print pid, $20 }'
}

# end_session SESSION: told to end, and killed after five seconds.
end_session() {
  signal=TERM
  began=$(uptime_seconds)
  while processes=$(members "$1" | cut -d ' ' -f 1) && [ -n "$processes" ]; do
    # shellcheck disable=SC2086 # a list of process ids
    [ -z "$signal" ] || kill -s "$signal" $processes 2>/dev/null
    sleep 0.1 9>&-
    lasted=$(($(uptime_seconds) - began)) signal=
    [ "$lasted" -lt 5 ] || signal=KILL
    [ "$lasted" -lt 10 ] || return 1
  done
}

# leave_nothing SESSION CODE: to look through all processes takes its time, so after a success only the process group is
# asked for, which all are in that did not choose otherwise.
leave_nothing() {
  if [ "$2" != 0 ] || kill -0 "-$1" 2>/dev/null; then end_session "$1"; fi
}

# run_in_session SECONDS PROGRAM: for what is no effect of a transaction; nothing of it is left.
run_in_session() {
  in_session "$1" "$2" /dev/null &
  program=$!
  wait "$program"
  code=$?
  leave_nothing "$program" "$code"
  return "$code"
}

# is_session_of TX SESSION START-TIME: its first process is the one that was recorded; where that has ended before the
# others, one of them carries the transaction in its environment.
is_session_of() {
  members "$2" | grep -qxF "$2 $3" && return
  for process in $(members "$2" | cut -d ' ' -f 1); do
    tr '\0' '\n' 2>/dev/null <"/proc/$process/environ" | grep -qxF "ESTIBA_TX=$stack/transactions/$1" && return
  done
  return 1
}

# end_orphan TX: ends the effect that an agent has left that is gone. What was recorded is read before the agent is looked
# for, so that an effect of one that takes over just now is not taken for an orphan.
end_orphan() {
  { read -r session started boot <"$stack/transactions/$1/effect"; } 2>/dev/null || return 0
  if is_alive "$1" || [ "$boot" != "$(cat /proc/sys/kernel/random/boot_id)" ]; then return 0; fi
  if is_session_of "$1" "$session" "$started"; then end_session "$session"; fi
}
