# Runs the steps of a phase. Each is a program of the plan, in a process group and with a deadline of its own.

steps_of() { awk '{ print $1 }' "$tx/plan/$1/steps" 2>/dev/null; }

# Ends what is left of the effect: its whole process group, since not every `timeout` ends more than its child.
end_effect() {
  kill -TERM "-$effect" 2>/dev/null || kill -TERM "$effect" 2>/dev/null || return 0
  tries=50
  while [ "$tries" -gt 0 ]; do
    kill -0 "-$effect" 2>/dev/null || return 0
    sleep 0.1 9>&-
    tries=$((tries - 1))
  done
  kill -KILL "-$effect" 2>/dev/null
}

# run_step PHASE STEP run|undo|gate: output to a file of its own; ends at the deadline, or at an abort while it goes forward.
run_step() {
  program=$tx/plan/$1/$2.$3 watcher=
  limit=$(awk -v step="$2" '$1 == step { print $2 }' "$tx/plan/$1/steps")
  (cd "$stack" && exec setsid timeout -k 5 "${limit:-60}" sh "$program") >"$tx/output/$1-$2.$3" 2>&1 &
  effect=$!
  if [ "$3" = run ] && [ "$1" != finish ]; then
    end_effect_at_abort >/dev/null 2>&1 9>&- &
    watcher=$!
  fi
  wait "$effect"
  code=$?
  [ -z "$watcher" ] || { kill "$watcher"; wait "$watcher"; } 2>/dev/null
  end_effect
  return "$code"
}

end_effect_at_abort() {
  while kill -0 "$effect"; do
    if is_abort_waiting; then end_effect; return; fi
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
