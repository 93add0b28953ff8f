#!/bin/sh
# The agent carries one transaction of one stack to its end, with or without the runner. It interprets the plan that was
# shipped with the transaction: which word is heard in which state, and what a crash leads to, stand in the plan's
# tables, not here. Formats and exit codes: docs/protocol.md.
#
#   agent run     STACK TX                    hold the lock, run the phases, obey the owner, end the transaction
#   agent follow  STACK TX RECORD             print the journal from that record on, until the agent waits or has ended
#   agent say     STACK TX NONCE WORD [ARG]   hand a word to the agent, then follow what comes of it
#   agent recover STACK                       end the transaction of an agent that is gone (with TX: the lock is held)
set -u
umask 077
export LC_ALL=C

verb=$1 stack=$2 id=${3:-}
tx=$stack/transactions/$id
journal=$tx/journal
export ESTIBA_STACK="$stack" ESTIBA_TX="$tx"

uptime_seconds() { read -r up _ </proc/uptime && echo "${up%%.*}"; }
records() { if [ -f "$journal" ]; then wc -l <"$journal"; else echo 0; fi; }

# A crash may leave half a record at the end; the next one must not be glued to it.
cut_torn_tail() {
  [ -s "$journal" ] && [ -n "$(tail -c 1 "$journal")" ] || return 0
  head -n "$(records)" "$journal" >"$journal.cut" && sync "$journal.cut" && mv "$journal.cut" "$journal"
}

# record TYPE [ARG...]: on disk before this returns. Fields: number, epoch seconds, uptime seconds, type, arguments.
record() {
  sequence=$((sequence + 1))
  printf '%s %s %s %s\n' "$sequence" "$(date +%s)" "$(uptime_seconds)" "$*" >>"$journal" && sync "$journal"
}

has() { [ -f "$journal" ] && awk -v want="$*" '{ $1 = $2 = $3 = ""; sub(/^ +/, "") } $0 == want { found = 1 } END { exit !found }' "$journal"; }
last_of() { [ -f "$journal" ] && awk -v type="$1" '$4 == type { found = $5 } END { print found }' "$journal"; }
is_over() { [ -n "$(last_of ended)" ]; }

# look_up TABLE KEY1 KEY2: the remaining fields of the first row that matches; `*` in the table matches anything.
look_up() { awk -v a="$2" -v b="$3" '($1 == a || $1 == "*") && $2 == b { print $3, $4; exit }' "$tx/plan/$1"; }

# Sleeps and watchers close the lock; effects inherit it, so that an orphaned effect still holds it.
pause() { sleep "$1" 9>&- & wait $!; }

# --- words ------------------------------------------------------------------------------------------------------------

next_word() { cat "$tx/inbox/$((heard + 1))" 2>/dev/null; }
is_abort_waiting() { case $(next_word) in abort*) return 0 ;; *) return 1 ;; esac; }

# --- steps ------------------------------------------------------------------------------------------------------------

# run_step PHASE STEP run|undo|gate: output to a file of its own; ends at the deadline, or at an abort while it goes forward.
run_step() {
  program=$tx/plan/$1/$2.$3
  output=$tx/output/$1-$2.$3
  limit=$(awk -v step="$2" '$1 == step { print $2 }' "$tx/plan/$1/steps")
  (cd "$stack" && exec timeout -k 5 "${limit:-60}" sh "$program") >"$output" 2>&1 &
  effect=$!
  while :; do
    wait "$effect"
    code=$?
    kill -0 "$effect" 2>/dev/null || return "$code"
    [ "$3" = run ] && is_abort_waiting && kill -TERM "$effect" 2>/dev/null
  done
}

# run_phase PHASE: the steps in order, the intent on disk before each effect. Sets `cause` when one fails.
run_phase() {
  phase=$1
  while read -r step _ <&3; do
    if is_abort_waiting; then cause=aborted; return 1; fi
    record began "$phase" "$step"
    run_step "$phase" "$step" run
    code=$?
    record did "$phase" "$step" "$code"
    [ "$code" = 0 ] && continue
    if is_abort_waiting; then cause=aborted; else cause=$phase-$step; fi
    return 1
  done 3<"$tx/plan/$phase/steps"
}

# three_times COMMAND...: for what must succeed to leave a clean end.
three_times() { "$@" || { pause 1; "$@"; } || { pause 3; "$@"; }; }

# --- ends -------------------------------------------------------------------------------------------------------------

# finish RESULT CAUSE: the terminal record, the ledger's line, and the stack is free. Repeating it changes nothing.
finish() {
  is_over || record ended "$1" "$2"
  ledger=$stack/ledger.jsonl
  if ! grep -q "\"tx\":\"$id\"" "$ledger" 2>/dev/null; then
    first=$(awk 'NR == 1 { print $2 }' "$journal")
    end=$(awk '$4 == "ended" { print $2 }' "$journal")
    printf '{"v":1,"tx":"%s","time":"%s","result":"%s","cause":"%s","seconds":%s,%s}\n' "$id" \
      "$(date -u -d "@$end" +%Y-%m-%dT%H:%M:%SZ)" "$(last_of ended)" "$2" "$((end - first))" \
      "$(cat "$tx/plan/ledger")" >>"$ledger" && sync "$ledger"
  fi
  rm -f "$stack/open"
}

begun_latest_first() { awk '$4 == "began" { line[++n] = $5 " " $6 } END { for (; n; n--) print line[n] }' "$journal"; }

# undo CAUSE: back to what was, latest step first; `stuck` when a gate forbids it or a way back fails.
undo() {
  record undoing "$1"
  begun_latest_first >"$tx/begun"
  while read -r phase step <&3; do
    [ -f "$tx/plan/$phase/$step.gate" ] || continue
    run_step "$phase" "$step" gate && continue
    record forbidden "$phase" "$step"
    finish stuck "$1"
    return
  done 3<"$tx/begun"
  while read -r phase step <&3; do
    [ -f "$tx/plan/$phase/$step.undo" ] || continue
    has undid "$phase" "$step" 0 && continue
    three_times run_step "$phase" "$step" undo
    code=$?
    record undid "$phase" "$step" "$code"
    if [ "$code" != 0 ]; then
      finish stuck "$1"
      return
    fi
  done 3<"$tx/begun"
  finish undone "$1"
}

# What follows the commit can only be completed, never taken back; a step that stays red is named in the terminal record.
wind_up() {
  unfinished=
  while read -r step _ <&3; do
    has did finish "$step" 0 && continue
    three_times run_step finish "$step" run
    code=$?
    record did finish "$step" "$code"
    [ "$code" = 0 ] || unfinished=${unfinished:+$unfinished,}$step
  done 3<"$tx/plan/finish/steps"
  finish committed "${unfinished:+unfinished:$unfinished}"
}

# Why a trial may not be confirmed: empty when it may.
objection() {
  awk -v unchecked="$1" '$4 == "reported" { verdict[$5] = $6 }
    END { for (check in verdict) { n++; if (verdict[check] != "good") { print "check-" verdict[check]; exit } }
          if (!n && unchecked != "unchecked") print "no-check" }' "$journal"
}

# --- the owner's words, as the table has them -------------------------------------------------------------------------

enter() { state=$1; record state "$state"; }

obey() {
  read -r word argument value <<EOT
$1
EOT
  key=$word
  [ "$word" = advance ] && key=advance:$argument
  rule=$(look_up verbs "$state" "$key")
  case ${rule#* } in
    run:*) if run_phase "$argument"; then enter "${rule##*:}"; else undo "$cause"; fi ;;
    commit)
      why=$(objection "$argument")
      if [ -n "$why" ]; then record refused confirm "$why"
      elif run_phase commit; then record committed; wind_up
      else undo "$cause"; fi ;;
    undo) undo "${argument:-aborted}" ;;
    lease) lease=$argument; record renewed "$argument" ;;
    note) record reported "$argument" "$value" ;;
    *) record refused "$word" "state-$state" ;;
  esac
}

is_well() { [ "$state" != trial ] || [ ! -f "$tx/plan/watch" ] || timeout -k 2 15 sh "$tx/plan/watch" >"$tx/output/watch" 2>&1 9>&-; }

wait_for_the_owner() {
  record waiting "$state" "$lease"
  until_uptime=$(($(uptime_seconds) + lease))
  while [ ! -f "$tx/inbox/$((heard + 1))" ]; do
    if [ "$(uptime_seconds)" -ge "$until_uptime" ]; then undo lease-expired; return; fi
    if ! is_well; then undo unwell-in-trial; return; fi
    pause 1
  done
  said=$(next_word)
  heard=$((heard + 1))
  obey "$said"
}

# --- verbs ------------------------------------------------------------------------------------------------------------

# The caller holds the lock.
recover() {
  heard=0
  cut_torn_tail
  sequence=$(records)
  if is_over; then finish "$(last_of ended)" recovered; return; fi
  record recovering
  if [ -n "$(awk '$4 == "committed"' "$journal")" ]; then state=committed; else state=$(last_of state); fi
  case $(look_up recovery "${state:-open}" crash) in
    *wind-up) wind_up ;;
    *) undo agent-gone ;;
  esac
}

recover_what_is_open() {
  [ -f "$stack/open" ] || return 0
  sh "$0" recover "$stack" "$(cat "$stack/open")"
}

take_the_lock() {
  exec 9>>"$stack/lock"
  flock -n 9 && return 0
  record blocked "$(cat "$stack/open" 2>/dev/null)"
  give_up=$(($(uptime_seconds) + $(cat "$tx/plan/lock-timeout")))
  until flock -n 9; do
    if is_abort_waiting; then record ended undone aborted; return 1; fi
    if [ "$(uptime_seconds)" -ge "$give_up" ]; then record ended undone lock-timeout; return 1; fi
    pause 1
  done
}

run() {
  trap : USR1
  mkdir -p "$tx/inbox" "$tx/output"
  cut_torn_tail
  sequence=$(records) heard=0 lease=$(cat "$tx/plan/lease")
  echo $$ >"$tx/pid"
  record began-agent "$(basename "$0")"
  take_the_lock || return 0
  recover_what_is_open
  touch "$stack/ledger.jsonl"
  if [ "$(wc -l <"$stack/ledger.jsonl")" -ne "$(cat "$tx/plan/head")" ]; then
    record ended undone stale-plan
    return 0
  fi
  echo "$id" >"$stack/.open" && sync "$stack/.open" && mv "$stack/.open" "$stack/open" && sync "$stack"
  enter open
  obey 'advance prepare'
  until is_over; do wait_for_the_owner; done
}

is_alive() { [ -f "$tx/pid" ] && kill -0 "$(cat "$tx/pid")" 2>/dev/null; }

say() {
  nonce=$1 word=$2
  shift
  [ -d "$tx" ] || { echo "unknown transaction $id" >&2; return 6; }
  length=$(records)
  if is_over; then follow "$length"; return; fi
  key=$word
  [ "$word" = advance ] && key=advance:$2
  rule=$(look_up verbs "$(last_of state)" "$key")
  [ -n "$rule" ] || { echo "refused $(last_of state)"; return 3; }
  [ "${rule%% *}" = any ] || [ "$nonce" = "$(cat "$tx/plan/nonce")" ] || { echo 'refused not-owner'; return 3; }
  is_alive || { echo gone; return 5; }
  mkdir -p "$tx/inbox"
  number=1
  echo "$*" >"$tx/inbox/.$$"
  until ln "$tx/inbox/.$$" "$tx/inbox/$number" 2>/dev/null; do number=$((number + 1)); done
  rm -f "$tx/inbox/.$$"
  kill -USR1 "$(cat "$tx/pid")" 2>/dev/null
  follow "$((length + 1))"
}

quoted() { tail -c 6000 "$1" 2>/dev/null | awk '{ print "> " $0 }'; }

# A step that begins is followed by its title behind `#`, one that ended by what it printed, each line behind `> `.
follow() {
  next=$1 patience=50
  while :; do
    while [ "$next" -le "$(records)" ]; do
      line=$(sed -n "${next}p" "$journal")
      echo "$line"
      next=$((next + 1))
      read -r _ _ _ type first second _ <<EOT
$line
EOT
      case $type in
        began) awk -v step="$second" '$1 == step { $1 = $2 = ""; print "#" $0 }' "$tx/plan/$first/steps" ;;
        did) quoted "$tx/output/$first-$second.run" ;;
        undid) quoted "$tx/output/$first-$second.undo" ;;
        forbidden) quoted "$tx/output/$first-$second.gate" ;;
        undoing) [ "$first" != unwell-in-trial ] || quoted "$tx/output/watch" ;;
        blocked) quoted "$stack/transactions/$first/plan/ledger" ;;
        ended) return 0 ;;
        waiting) [ "$next" -le "$(records)" ] || return 0 ;;
      esac
    done
    if is_alive; then patience=50; else patience=$((patience - 1)); fi
    [ "$patience" -gt 0 ] || { echo gone; return 5; }
    sleep 0.1
  done
}

case $verb in
  run) run ;;
  follow) follow "$4" ;;
  say) shift 3; say "$@" ;;
  recover)
    if [ -n "$id" ]; then recover; exit; fi
    exec 9>>"$stack/lock"
    flock -n 9 || { echo 'held by a living agent'; exit 0; }
    recover_what_is_open ;;
  *) echo "unknown verb $verb" >&2; exit 64 ;;
esac
