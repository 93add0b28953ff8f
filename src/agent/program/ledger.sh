# The stack's history, a line for each transaction that was open. Each line's checksum covers the one before.

ledger=$stack/ledger.jsonl

# When a migration was begun: what a step of its own found out about the schema.
migration() {
  ! awk '$4 == "began" && $5 == "migrate" { found = 1 } END { exit !found }' "$journal" ||
    printf ',"migration":"%s"' "$(cat "$tx/migration" 2>/dev/null || echo unknown)"
}

# add_to_ledger: what the terminal record says; nothing when the line is there already.
add_to_ledger() {
  cut_torn_tail "$ledger"
  ! grep -q "\"tx\":\"$id\"" "$ledger" 2>/dev/null || return 0
  read -r start over result cause <<EOT
$(awk 'NR == 1 { start = $2 } $4 == "ended" { print start, $2, $5, $6 }' "$journal")
EOT
  entry=$(printf '{"v":1,"tx":"%s","time":"%s","result":"%s","cause":"%s","seconds":%s%s,%s' "$id" \
    "$(date -u -d "@$over" +%Y-%m-%dT%H:%M:%SZ)" "$result" "$cause" "$((over - start))" "$(migration)" "$(cat "$tx/plan/ledger")")
  before=$(tail -n 1 "$ledger" 2>/dev/null | sed -n 's/.*,"sum":"\([0-9a-f]*\)"}$/\1/p')
  sum=$(printf '%s' "$before$entry" | sha256sum | cut -d ' ' -f 1)
  printf '%s,"sum":"%s"}\n' "$entry" "$sum" >>"$ledger" && sync "$ledger"
}
