# One agent at a time: who lives, and who holds the stack.

# A second at most: whoever says a word opens the door. (Not a signal: bash 5.2 dies of a trap in the midst of `$(...)`.)
# Sleeps and watchers close the lock; effects inherit it, so that an orphaned effect still holds it.
pause() { timeout 1 cat "$tx/door" >/dev/null 2>&1 9>&-; }

# A process id outlives its process; the command line tells whether it is still an agent of this transaction.
is_alive() {
  case $(tr '\0' ' ' 2>/dev/null <"/proc/$(cat "$tx/pid" 2>/dev/null)/cmdline") in
    *" run $stack $id "* | *" recover $stack $id "*) return 0 ;;
    *) return 1 ;;
  esac
}

# From here on this process is the transaction's agent.
be_the_agent() {
  mkdir -p "$tx/inbox" "$tx/output"
  [ -p "$tx/door" ] || mkfifo "$tx/door"
  cut_torn_tail "$journal"
  heard=0
  echo $$ >"$tx/pid"
}

take_the_lock() {
  exec 9>>"$stack/lock"
  # BusyBox's `timeout` holds on to it for up to a second after its effect has ended.
  flock -n 9 || { pause; flock -n 9; } && return 0
  record blocked "$(cat "$stack/open" 2>/dev/null)"
  give_up=$(($(uptime_seconds) + $(cat "$tx/plan/lock-timeout")))
  until flock -n 9; do
    if is_abort_waiting; then end undone aborted; return 1; fi
    if [ "$(uptime_seconds)" -ge "$give_up" ]; then end undone lock-timeout; return 1; fi
    pause
  done
  return 0
}
