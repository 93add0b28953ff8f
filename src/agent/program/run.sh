# The agent's own verb.

# Space for the way back, and the name of the journal, whose records are synced one by one.
reserve() {
  : >>"$journal" && head -c "$(($(limit reserve) * 1024))" /dev/urandom 2>/dev/null >"$tx/reserve" && sync "$tx/reserve" && sync "$tx"
}

# What must be there before anything is begun, so that a crash can be recovered from without the runner.
make_ready() {
  remember_environment || return 1
  if ! cmp -s "$tx/plan/revive" "$stack/revive"; then replace "$stack/revive" <"$tx/plan/revive" || return 1; fi
  note_engine
  rm -f "$stack/removed"
  add_minute_job
  touch "$ledger" && cut_torn_tail "$ledger"
}

run() {
  be_the_agent
  is_over && return 0
  lease=$(cat "$tx/plan/lease")
  # What was brought to be staged makes way for the terminal record.
  reserve || { rm -rf "$tx/reserve" "$tx/release" "$tx/files" "$tx/agent.sh"; end undone no-space; return 0; }
  record began-agent "$(basename "$0")"
  take_the_lock || return 0
  recover_what_is_open
  [ ! -f "$stack/open" ] || { end undone not-recovered; return 0; }
  make_ready || { end undone no-space; return 0; }
  [ "$(wc -l <"$ledger")" -eq "$(cat "$tx/plan/head")" ] || { end undone stale-plan; return 0; }
  if ! echo "$id" | replace "$stack/open" || ! sync "$stack"; then end undone no-space; return 0; fi
  enter open
  obey 'advance prepare'
  until is_over; do wait_for_the_owner; done
}
