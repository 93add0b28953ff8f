# The three ways in which a transaction ends: committed, undone, stuck.

# end RESULT CAUSE: the terminal record. What only an open transaction needs goes, a registry login first of all.
end() {
  rm -rf "$tx/docker" "$tx/reserve"
  record ended "$1" "$2" || return 1
  rm -rf "$tx/release" "$tx/files" "$tx/agent.sh"
  return_ticket
}

# finish RESULT CAUSE: the terminal record, the ledger's line, and the stack is free. Repeating it changes nothing.
finish() {
  is_over || end "$1" "$(printf %s "$2" | tr -cd 'A-Za-z0-9_.,:-')"
  if ! is_over || ! add_to_ledger; then return 1; fi
  rm -f "$stack/open"
  prune
  leave_what_was_removed
}

# Folders of transactions that have ended long ago, packages that never arrived whole, agents that nobody needs.
prune() {
  set -- "$stack"/transactions/t-*
  while [ "$#" -gt "$(limit transactions)" ]; do
    awk '$4 == "ended" { found = 1 } END { exit !found }' "$1/journal" 2>/dev/null && rm -rf "$1"
    shift
  done
  find "$stack/transactions" -maxdepth 1 -name '.t-*' -mmin +60 -exec rm -rf {} +
  named=$(cat "$stack"/transactions/*/plan/agent "$stack"/transactions/.t-*/plan/agent 2>/dev/null; readlink "$stack/agent")
  for agent in "$stack"/agent-*; do
    printf '%s\n' "$named" | grep -qxF "${agent##*/}" || rm -f "$agent"
  done
}

begun_latest_first() { awk '$4 == "began" { line[++n] = $5 "/" $6 } END { for (; n; n--) print line[n] }' "$journal"; }

# undo CAUSE: back to what was, latest step first; `stuck` when a gate forbids it or a way back fails.
undo() {
  rm -f "$tx/reserve"
  record undoing "$1"
  for begun in $(begun_latest_first); do
    phase=${begun%/*} step=${begun#*/}
    [ -f "$tx/plan/$phase/$step.gate" ] || continue
    run_step "$phase" "$step" gate && continue
    record forbidden "$phase" "$step"
    settle "$1"
    return
  done
  for begun in $(begun_latest_first); do
    phase=${begun%/*} step=${begun#*/}
    [ -f "$tx/plan/$phase/$step.undo" ] || continue
    has undid "$phase" "$step" 0 && continue
    three_times run_step "$phase" "$step" undo
    code=$?
    record undid "$phase" "$step" "$code"
    [ "$code" = 0 ] || { finish stuck "$1"; return; }
  done
  finish undone "$1"
}

# complete_phase PHASE: what follows a decision can only be completed, never taken back. A step that stays red does not keep the
# others from being run. Sets `unfinished`.
complete_phase() {
  unfinished=
  for step in $(steps_of "$1"); do
    is_due "$1" "$step" || continue
    has did "$1" "$step" 0 && continue
    record began "$1" "$step"
    three_times run_step "$1" "$step" run
    code=$?
    record did "$1" "$step" "$code"
    [ "$code" = 0 ] || unfinished=${unfinished:+$unfinished,}$step
  done
}

# A step that stays red is named in the terminal record.
wind_up() {
  rm -f "$tx/reserve"
  complete_phase finish
  finish committed "${unfinished:+unfinished:$unfinished}"
}

# settle CAUSE: nothing may be taken back, so what has taken the place of the old goes on.
settle() {
  complete_phase settle
  finish stuck "$1"
}
