# Hears the owner's words in their order. What comes of each stands in the plan's table.

# Looks behind words that were said before it, which a running step keeps from being heard. Sets `cause`.
is_abort_waiting() {
  ahead=$((heard + 1))
  while [ -f "$tx/inbox/$ahead" ]; do
    read -r _ word cause <"$tx/inbox/$ahead"
    [ "$word" != abort ] || { cause=${cause:-aborted}; return 0; }
    ahead=$((ahead + 1))
  done
  return 1
}

# Why a trial may not be confirmed: empty when it may.
objection() {
  awk -v unchecked="$1" '$4 == "reported" { verdict[$5] = $6 }
    END { for (check in verdict) { n++; if (verdict[check] != "good" && worst != "bad") worst = verdict[check] }
          if (worst) print "check-" worst; else if (!n && unchecked != "unchecked") print "no-check" }' "$journal"
}

enter() { state=$1; record state "$state"; }

obey() {
  read -r word argument value <<EOT
$1
EOT
  key=$word
  [ "$word" = advance ] && key=advance:$argument
  rule=$(look_up verbs "$state" "$key")
  case ${rule#* } in
    run:*)
      if [ ! -f "$tx/plan/$argument/steps" ]; then record refused "$word" no-steps
      elif run_phase "$argument"; then enter "${rule##*:}"
      else undo "$cause"; fi ;;
    commit)
      why=$(objection "$argument")
      if [ -n "$why" ]; then record refused confirm "$why"
      elif run_phase commit && { cause='journal-not-written'; record committed; }; then wind_up
      else undo "$cause"; fi ;;
    undo) undo "${argument:-aborted}" ;;
    lease)
      case $argument in
        '' | *[!0-9]*) record refused renew not-seconds ;;
        *) lease=$argument; record renewed "$argument" ;;
      esac ;;
    note) record reported "$argument" "$value" ;;
    *) record refused "$word" "state-$state" ;;
  esac
}

is_well() {
  if [ "$state" != trial ] || [ ! -f "$tx/plan/watch" ]; then return 0; fi
  run_in_session 15 "$tx/plan/watch" >"$tx/output/watch" 2>&1 9>&-
}

wait_for_the_owner() {
  record waiting "$state" "$lease" "$heard"
  until_uptime=$(($(uptime_seconds) + lease))
  while [ ! -f "$tx/inbox/$((heard + 1))" ]; do
    if [ "$(uptime_seconds)" -ge "$until_uptime" ]; then undo lease-expired; return; fi
    if ! is_well; then undo unwell-in-trial; return; fi
    pause
  done
  heard=$((heard + 1))
  read -r _ said <"$tx/inbox/$heard"
  obey "$said"
}
