# Brings to an end what an agent has left that is gone.

# The caller holds the lock.
resume() {
  end_orphan "$id"
  be_the_agent
  if is_over; then finish; return; fi
  rm -f "$tx/reserve"
  record recovering
  if [ "$(count_of recovering)" -gt "$(limit recoveries)" ]; then finish stuck recovered-too-often; return; fi
  state=$(last_of state)
  was=$(last_of undoing)
  if has committed; then state=committed; elif [ -n "$(last_of forbidden)" ]; then state=forbidden; fi
  case $(look_up recovery "${state:-open}" crash) in
    *wind-up) wind_up ;;
    *settle) settle "${was:-agent-gone}" ;;
    *) undo "${was:-agent-gone}" ;;
  esac
}

recover_what_is_open() {
  open=$(what_is_open)
  [ -n "$open" ] || return 0
  if [ -d "$stack/transactions/$open" ]; then sh "$0" resume "$stack" "$open"; else rm -f "$stack/open"; fi
}

# For a visitor, and each minute: a living agent needs no help, and is not waited for.
recover() {
  restore_environment
  exec 9>>"$stack/lock"
  give_up=$(($(uptime_seconds) + 15))
  until flock -n 9; do
    if is_alive "$(what_is_open)"; then echo 'held by a living agent'; end_what_never_was_open; return; fi
    [ "$(uptime_seconds)" -lt "$give_up" ] || { echo 'the lock is held, but by no agent' >&2; return 1; }
    end_open_orphan
    sleep 0.2 9>&-
  done
  recover_what_is_open
  end_what_never_was_open
  leave_what_was_removed
  revive
  rejoin
}

# With a transaction named: its agent may have died before it held the stack. Nothing was begun then.
end_what_never_was_open() {
  [ -d "$tx/plan" ] && [ "$(what_is_open)" != "$id" ] || return 0
  {
    flock 8
    if ! is_alive "$id"; then
      cut_torn_tail "$journal"
      is_over || [ -n "$(last_of state)" ] || end undone agent-gone
    fi
  } 8<"$tx"
}

# The engine's start that was seen last; an engine that is down is nothing to note.
note_engine() {
  [ -f "$stack/engine" ] || { start=$(timeout 20 sh "$stack/revive" which 2>/dev/null 9>&-) && echo "$start" | replace "$stack/engine"; }
}

# After a start of the engine, once: what must run is started. An engine that was killed marks what it stopped as stopped
# by hand, and does not start it again. The caller holds the lock, and nothing is open.
revive() {
  [ ! -f "$stack/open" ] && [ -f "$stack/revive" ] && [ -f "$stack/engine" ] || return 0
  start=$(timeout 20 sh "$stack/revive" which 2>/dev/null 9>&-) || return 0
  [ "$start" != "$(cat "$stack/engine")" ] || return 0
  run_in_session 300 "$stack/revive" || return 1
  echo "$start" | replace "$stack/engine"
}

# Each minute: a container that somebody made anew is outside of what the others find it in. The caller holds the lock.
rejoin() {
  [ ! -f "$stack/open" ] && [ -f "$stack/revive" ] && [ -f "$stack/current/../joins" ] || return 0
  timeout -k 5 60 sh "$stack/revive" join >/dev/null 2>&1
}
