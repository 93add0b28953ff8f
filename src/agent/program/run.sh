# The verbs of the agent itself: run, and recover for an agent that is gone.

# The caller holds the lock.
recover() {
  be_the_agent
  if is_over; then finish; return; fi
  record recovering
  state=$(last_of state)
  if has committed; then state=committed; fi
  case $(look_up recovery "${state:-open}" crash) in
    *wind-up) wind_up ;;
    *) was=$(last_of undoing); undo "${was:-agent-gone}" ;;
  esac
}

recover_what_is_open() {
  [ -f "$stack/open" ] || return 0
  sh "$0" recover "$stack" "$(cat "$stack/open")"
}

# For a visitor: an effect that outlived its agent is waited for, a living agent needs no help.
recover_if_gone() {
  exec 9>>"$stack/lock"
  until flock -n 9; do
    id=$(cat "$stack/open" 2>/dev/null)
    tx=$stack/transactions/$id
    if is_alive; then echo 'held by a living agent'; return 0; fi
    sleep 1 9>&-
  done
  recover_what_is_open
}

run() {
  be_the_agent
  lease=$(cat "$tx/plan/lease")
  record began-agent "$(basename "$0")"
  take_the_lock || return 0
  recover_what_is_open
  touch "$stack/ledger.jsonl"
  cut_torn_tail "$stack/ledger.jsonl"
  if [ "$(wc -l <"$stack/ledger.jsonl")" -ne "$(cat "$tx/plan/head")" ]; then
    end undone stale-plan
    return 0
  fi
  echo "$id" >"$stack/.open" && sync "$stack/.open" && mv "$stack/.open" "$stack/open" && sync "$stack"
  enter open
  obey 'advance prepare'
  until is_over; do wait_for_the_owner; done
}
