# The three ways in which a transaction ends: committed, undone, stuck.

# end RESULT CAUSE: the terminal record. What only an open transaction needs goes, a registry login first of all.
end() {
  record ended "$1" "$2"
  rm -rf "$tx/docker" "$tx/release" "$tx/files"
}

# For the ledger, when a migration was begun: what a step of its own found out about the schema.
migration() {
  ! awk '$4 == "began" && $5 == "migrate" { found = 1 } END { exit !found }' "$journal" ||
    printf ',"migration":"%s"' "$(cat "$tx/migration" 2>/dev/null || echo unknown)"
}

# finish RESULT CAUSE: the terminal record, the ledger's line, and the stack is free. Repeating it changes nothing.
finish() {
  is_over || end "$1" "$(printf %s "$2" | tr -cd 'A-Za-z0-9_.,:-')"
  is_over || return 1
  ledger=$stack/ledger.jsonl
  cut_torn_tail "$ledger"
  if ! grep -q "\"tx\":\"$id\"" "$ledger" 2>/dev/null; then
    read -r start over result cause <<EOT
$(awk 'NR == 1 { start = $2 } $4 == "ended" { print start, $2, $5, $6 }' "$journal")
EOT
    printf '{"v":1,"tx":"%s","time":"%s","result":"%s","cause":"%s","seconds":%s%s,%s}\n' "$id" \
      "$(date -u -d "@$over" +%Y-%m-%dT%H:%M:%SZ)" "$result" "$cause" "$((over - start))" "$(migration)" \
      "$(cat "$tx/plan/ledger")" >>"$ledger" && sync "$ledger"
  fi
  rm -f "$stack/open"
}

begun_latest_first() { awk '$4 == "began" { line[++n] = $5 "/" $6 } END { for (; n; n--) print line[n] }' "$journal"; }

# undo CAUSE: back to what was, latest step first; `stuck` when a gate forbids it or a way back fails.
undo() {
  record undoing "$1"
  for begun in $(begun_latest_first); do
    phase=${begun%/*} step=${begun#*/}
    [ -f "$tx/plan/$phase/$step.gate" ] || continue
    run_step "$phase" "$step" gate && continue
    record forbidden "$phase" "$step"
    finish stuck "$1"
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

# What follows the commit can only be completed, never taken back; a step that stays red is named in the terminal record.
wind_up() {
  unfinished=
  for step in $(steps_of finish); do
    has did finish "$step" 0 && continue
    record began finish "$step"
    three_times run_step finish "$step" run
    code=$?
    record did finish "$step" "$code"
    [ "$code" = 0 ] || unfinished=${unfinished:+$unfinished,}$step
  done
  finish committed "${unfinished:+unfinished:$unfinished}"
}
