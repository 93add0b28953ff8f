# Runs the steps of a phase. Each is a program of the plan, in a session and with a deadline of its own.

steps_of() { awk '{ print $1 }' "$tx/plan/$1/steps" 2>/dev/null; }

# is_due PHASE STEP: some are there only for the case that another step has begun, or has not.
is_due() {
  if [ -f "$tx/plan/$1/$2.since" ]; then has began "$(cat "$tx/plan/$1/$2.since")" || return 1; fi
  if [ -f "$tx/plan/$1/$2.unless" ]; then ! has began "$(cat "$tx/plan/$1/$2.unless")" || return 1; fi
}

# run_step PHASE STEP run|undo|gate: output to a file of its own; ends at the deadline, or at an abort while it goes forward.
run_step() {
  watcher=
  limit=
  while read -r known limit _ && [ "$known" != "$2" ]; do limit=; done <"$tx/plan/$1/steps"
  in_session "${limit:-60}" "$tx/plan/$1/$2.$3" "$tx/effect" >"$tx/output/$1-$2.$3" 2>&1 &
  effect=$!
  case $1-$3 in
    finish-run | settle-run) ;;
    *-run) end_effect_at_abort >/dev/null 2>&1 9>&- & watcher=$! ;;
  esac
  wait "$effect"
  code=$?
  [ -z "$watcher" ] || { kill "$watcher"; wait "$watcher"; } 2>/dev/null
  leave_nothing "$effect" "$code"
  return "$code"
}

end_effect_at_abort() {
  while kill -0 "$effect"; do
    if is_abort_waiting; then end_session "$effect"; return; fi
    pause
  done
}

# run_phase PHASE: the steps in order, the intent on disk before each effect. Sets `cause` when one fails.
run_phase() {
  for step in $(steps_of "$1"); do
    is_abort_waiting && return 1
    record began "$1" "$step" || { cause='journal-not-written'; return 1; }
    run_step "$1" "$step" run
    code=$?
    record did "$1" "$step" "$code"
    [ "$code" = 0 ] && continue
    is_abort_waiting || cause=$1-$step
    return 1
  done
}

# three_times COMMAND...: for what must succeed to leave a clean end.
three_times() { "$@" || { sleep 1 9>&-; "$@"; } || { sleep 3 9>&-; "$@"; }; }
