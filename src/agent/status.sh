# shellcheck shell=sh
# Where a transaction stands: STACK TX. One line: `waiting STATE LEASE LEFT` (seconds), `busy STATE LEASE` or
# `ended RESULT CAUSE`. Reads the journal only, and changes nothing.
tx=$1/transactions/$2
[ -d "$tx/plan" ] || { echo "there is no transaction $2 in $1" >&2; exit 6; }
read -r up _ </proc/uptime
awk -v now="${up%%.*}" -v lease="$(cat "$tx/plan/lease")" '
  { line = "" }
  $4 == "state" { state = $5 }
  $4 == "renewed" { lease = $5 }
  $4 == "waiting" { lease = $6; line = "waiting " $5 " " lease " " lease - (now - $3) }
  $4 == "ended" { ended = "ended " $5 " " $6 }
  END { print ended ? ended : line ? line : "busy " (state ? state : "open") " " lease }' "$tx/journal" 2>/dev/null ||
  echo "busy open $(cat "$tx/plan/lease")"
