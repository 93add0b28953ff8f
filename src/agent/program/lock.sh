# One agent at a time: who lives, and who holds the stack.

# A second at most: whoever says a word opens the door. (Not a signal: bash 5.2 dies of a trap in the midst of `$(...)`.)
# Sleeps and watchers close the lock; effects inherit it, so that an orphaned effect still holds it.
pause() { if [ -p "$tx/door" ]; then timeout 1 cat "$tx/door"; else sleep 1; fi >/dev/null 2>&1 9>&-; }

# is_alive TX: a process id outlives its process; the command line tells whether it is still an agent of this transaction.
is_alive() {
  case $(tr '\0' ' ' 2>/dev/null <"/proc/$(cat "$stack/transactions/$1/pid" 2>/dev/null)/cmdline") in
    *" run $stack $1 "* | *" resume $stack $1 "*) return 0 ;;
    *) return 1 ;;
  esac
}

# From here on this process is the transaction's agent. The folder's own lock is held for this moment only: a visitor who
# ends a transaction whose agent never came looks for it under the same lock.
be_the_agent() {
  mkdir -p "$tx/inbox" "$tx/output"
  [ -p "$tx/door" ] || mkfifo "$tx/door"
  heard=0
  {
    flock 8
    cut_torn_tail "$journal"
    echo $$ >"$tx/pid"
  } 8<"$tx"
}

what_is_open() { cat "$stack/open" 2>/dev/null; }

# An orphaned effect of the open transaction is not waited for.
end_open_orphan() {
  open=$(what_is_open)
  [ -z "$open" ] || is_alive "$open" || end_orphan "$open"
}

# BusyBox's `timeout` holds on to the lock for up to a second after its effect has ended: so a second try.
take_the_lock() {
  exec 9>>"$stack/lock"
  [ -z "$(first_waiting)" ] && { flock -n 9 || { pause; flock -n 9; }; } && return 0
  draw_ticket || { end undone no-space; return 1; }
  open=$(what_is_open)
  record blocked "${open:-$(first_waiting)}"
  give_up=$(($(uptime_seconds) + $(cat "$tx/plan/lock-timeout")))
  until [ "$(first_waiting)" = "$id" ] && flock -n 9; do
    if is_abort_waiting; then end undone aborted; return 1; fi
    if [ "$(uptime_seconds)" -ge "$give_up" ]; then end undone lock-timeout; return 1; fi
    end_open_orphan
    pause
  done
  return_ticket
}
