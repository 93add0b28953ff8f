// Written by scripts/embed.mts from the shell programs beside it: edit those.

/** src/agent/agent.sh */
export const agentProgram = `#!/bin/sh
set -u
umask 077
export LC_ALL=C

verb=$1 stack=$2 id=\${3:-}
tx=$stack/transactions/$id
journal=$tx/journal
export ESTIBA_STACK="$stack" ESTIBA_TX="$tx"

uptime_seconds() { read -r up _ </proc/uptime && echo "\${up%%.*}"; }
records() { if [ -f "$journal" ]; then wc -l <"$journal"; else echo 0; fi; }

replace() { cat >"$1.new" && sync "$1.new" && mv "$1.new" "$1"; }

cut_torn_tail() {
  written=
  [ -s "$1" ] && [ -n "$(tail -c 1 "$1" | tr '\\0' '?')" ] || return 0
  truncate -s "$(head -n "$(wc -l <"$1")" "$1" | wc -c)" "$1" && sync "$1"
}

record() {
  written=\${written:-$(records)}
  read -r up _ </proc/uptime
  line="$((written + 1)) $(date +%s) \${up%%.*} $*"
  if printf '%s\\n' "$line" >>"$journal" && sync "$journal"; then written=$((written + 1)); return 0; fi
  cut_torn_tail "$journal"
  return 1
}

has() { [ -f "$journal" ] && awk -v want="$*" '{ $1 = $2 = $3 = ""; sub(/^ +/, "") } $0 == want { found = 1 } END { exit !found }' "$journal"; }
last_of() { [ -f "$journal" ] && awk -v type="$1" '$4 == type { found = $5 } END { print found }' "$journal"; }
count_of() { awk -v type="$1" '$4 == type { n++ } END { print n + 0 }' "$journal"; }
is_over() { [ -n "$(last_of ended)" ]; }

look_up() { awk -v a="$2" -v b="$3" '($1 == a || $1 == "*") && $2 == b { print $3, $4; exit }' "$tx/plan/$1"; }
limit() { awk -v name="$1" '$1 == name { print $2 }' "$tx/plan/limits"; }

in_session() {
  cd "$stack" && exec setsid sh -c '
    seconds=$1 program=$2 file=$3
    read -r stat <"/proc/$$/stat" && read -r boot </proc/sys/kernel/random/boot_id && set -- \${stat##*) } && echo "$$ \${20} $boot" >"$file"
    exec timeout -k 5 "$seconds" sh "$program"' sh "$@"
}

members() {
  cat /proc/[0-9]*/stat 2>/dev/null |
    awk -v session="$1" '{ pid = $1; sub(/.*\\) /, "") } $4 == session && $1 !~ /[ZX]/ { print pid, $20 }'
}

end_session() {
  signal=TERM
  began=$(uptime_seconds)
  while processes=$(members "$1" | cut -d ' ' -f 1) && [ -n "$processes" ]; do
    [ -z "$signal" ] || kill -s "$signal" $processes 2>/dev/null
    sleep 0.1 9>&-
    lasted=$(($(uptime_seconds) - began)) signal=
    [ "$lasted" -lt 5 ] || signal=KILL
    [ "$lasted" -lt 10 ] || return 1
  done
}

leave_nothing() {
  if [ "$2" != 0 ] || kill -0 "-$1" 2>/dev/null; then end_session "$1"; fi
}

run_in_session() {
  in_session "$1" "$2" /dev/null &
  program=$!
  wait "$program"
  code=$?
  leave_nothing "$program" "$code"
  return "$code"
}

is_session_of() {
  members "$2" | grep -qxF "$2 $3" && return
  for process in $(members "$2" | cut -d ' ' -f 1); do
    tr '\\0' '\\n' 2>/dev/null <"/proc/$process/environ" | grep -qxF "ESTIBA_TX=$stack/transactions/$1" && return
  done
  return 1
}

end_orphan() {
  { read -r session started boot <"$stack/transactions/$1/effect"; } 2>/dev/null || return 0
  if is_alive "$1" || [ "$boot" != "$(cat /proc/sys/kernel/random/boot_id)" ]; then return 0; fi
  if is_session_of "$1" "$session" "$started"; then end_session "$session"; fi
}

pause() { if [ -p "$tx/door" ]; then timeout 1 cat "$tx/door"; else sleep 1; fi >/dev/null 2>&1 9>&-; }

is_alive() {
  case $(tr '\\0' ' ' 2>/dev/null <"/proc/$(cat "$stack/transactions/$1/pid" 2>/dev/null)/cmdline") in
    *" run $stack $1 "* | *" resume $stack $1 "*) return 0 ;;
    *) return 1 ;;
  esac
}

be_the_agent() {
  mkdir -p "$tx/inbox" "$tx/output"
  [ -p "$tx/door" ] || mkfifo "$tx/door"
  heard=0
  {
    flock 8
    cut_torn_tail "$journal"
    echo $$ >"$tx/pid"
  } 8<"$tx"
}

what_is_open() { cat "$stack/open" 2>/dev/null; }

end_open_orphan() {
  open=$(what_is_open)
  [ -z "$open" ] || is_alive "$open" || end_orphan "$open"
}

take_the_lock() {
  exec 9>>"$stack/lock"
  [ -z "$(first_waiting)" ] && { flock -n 9 || { pause; flock -n 9; }; } && return 0
  draw_ticket || { end undone no-space; return 1; }
  open=$(what_is_open)
  record blocked "\${open:-$(first_waiting)}"
  give_up=$(($(uptime_seconds) + $(cat "$tx/plan/lock-timeout")))
  until [ "$(first_waiting)" = "$id" ] && flock -n 9; do
    if is_abort_waiting; then end undone aborted; return 1; fi
    if [ "$(uptime_seconds)" -ge "$give_up" ]; then end undone lock-timeout; return 1; fi
    end_open_orphan
    pause
  done
  return_ticket
}

tickets() { for ticket in "$stack"/waiting/[0-9]*; do [ ! -f "$ticket" ] || echo "\${ticket##*/}"; done | sort -n; }

first_waiting() {
  for number in $(tickets); do
    { read -r waiter <"$stack/waiting/$number"; } 2>/dev/null || continue
    if is_alive "$waiter"; then echo "$waiter"; return; fi
    rm -f "$stack/waiting/$number"
  done
}

draw_ticket() {
  mkdir -p "$stack/waiting" && echo "$id" >"$stack/waiting/.$id" || return 1
  my_ticket=$(tickets | tail -n 1)
  my_ticket=$((\${my_ticket:-0} + 1))
  until ln "$stack/waiting/.$id" "$stack/waiting/$my_ticket" 2>/dev/null; do
    [ -f "$stack/waiting/$my_ticket" ] || return 1
    my_ticket=$((my_ticket + 1))
  done
}

return_ticket() { rm -f "$stack/waiting/\${my_ticket:-.$id}" "$stack/waiting/.$id"; }

steps_of() { awk '{ print $1 }' "$tx/plan/$1/steps" 2>/dev/null; }

is_due() {
  if [ -f "$tx/plan/$1/$2.since" ]; then has began "$(cat "$tx/plan/$1/$2.since")" || return 1; fi
  if [ -f "$tx/plan/$1/$2.unless" ]; then ! has began "$(cat "$tx/plan/$1/$2.unless")" || return 1; fi
}

run_step() {
  watcher=
  limit=
  while read -r known limit _ && [ "$known" != "$2" ]; do limit=; done <"$tx/plan/$1/steps"
  in_session "\${limit:-60}" "$tx/plan/$1/$2.$3" "$tx/effect" >"$tx/output/$1-$2.$3" 2>&1 &
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

three_times() { "$@" || { sleep 1 9>&-; "$@"; } || { sleep 3 9>&-; "$@"; }; }

ledger=$stack/ledger.jsonl

migration() {
  ! awk '$4 == "began" && $5 == "migrate" { found = 1 } END { exit !found }' "$journal" ||
    printf ',"migration":"%s"' "$(cat "$tx/migration" 2>/dev/null || echo unknown)"
}

add_to_ledger() {
  cut_torn_tail "$ledger"
  ! grep -q "\\"tx\\":\\"$id\\"" "$ledger" 2>/dev/null || return 0
  read -r start over result cause <<EOT
$(awk 'NR == 1 { start = $2 } $4 == "ended" { print start, $2, $5, $6 }' "$journal")
EOT
  entry=$(printf '{"v":1,"tx":"%s","time":"%s","result":"%s","cause":"%s","seconds":%s%s,%s' "$id" \\
    "$(date -u -d "@$over" +%Y-%m-%dT%H:%M:%SZ)" "$result" "$cause" "$((over - start))" "$(migration)" "$(cat "$tx/plan/ledger")")
  before=$(tail -n 1 "$ledger" 2>/dev/null | sed -n 's/.*,"sum":"\\([0-9a-f]*\\)"}$/\\1/p')
  sum=$(printf '%s' "$before$entry" | sha256sum | cut -d ' ' -f 1)
  printf '%s,"sum":"%s"}\\n' "$entry" "$sum" >>"$ledger" && sync "$ledger"
}

end() {
  rm -rf "$tx/docker" "$tx/reserve"
  record ended "$1" "$2" || return 1
  rm -rf "$tx/release" "$tx/files" "$tx/agent.sh"
  return_ticket
}

finish() {
  is_over || end "$1" "$(printf %s "$2" | tr -cd 'A-Za-z0-9_.,:-')"
  if ! is_over || ! add_to_ledger; then return 1; fi
  rm -f "$stack/open"
  prune
  leave_what_was_removed
}

prune() {
  set -- "$stack"/transactions/t-*
  while [ "$#" -gt "$(limit transactions)" ]; do
    awk '$4 == "ended" { found = 1 } END { exit !found }' "$1/journal" 2>/dev/null && rm -rf "$1"
    shift
  done
  find "$stack/transactions" -maxdepth 1 -name '.t-*' -mmin +60 -exec rm -rf {} +
  named=$(cat "$stack"/transactions/*/plan/agent "$stack"/transactions/.t-*/plan/agent 2>/dev/null; readlink "$stack/agent")
  for agent in "$stack"/agent-*; do
    printf '%s\\n' "$named" | grep -qxF "\${agent##*/}" || rm -f "$agent"
  done
}

begun_latest_first() { awk '$4 == "began" { line[++n] = $5 "/" $6 } END { for (; n; n--) print line[n] }' "$journal"; }

undo() {
  rm -f "$tx/reserve"
  record undoing "$1"
  for begun in $(begun_latest_first); do
    phase=\${begun%/*} step=\${begun#*/}
    [ -f "$tx/plan/$phase/$step.gate" ] || continue
    run_step "$phase" "$step" gate && continue
    record forbidden "$phase" "$step"
    settle "$1"
    return
  done
  for begun in $(begun_latest_first); do
    phase=\${begun%/*} step=\${begun#*/}
    [ -f "$tx/plan/$phase/$step.undo" ] || continue
    has undid "$phase" "$step" 0 && continue
    three_times run_step "$phase" "$step" undo
    code=$?
    record undid "$phase" "$step" "$code"
    [ "$code" = 0 ] || { finish stuck "$1"; return; }
  done
  finish undone "$1"
}

complete_phase() {
  unfinished=
  for step in $(steps_of "$1"); do
    is_due "$1" "$step" || continue
    has did "$1" "$step" 0 && continue
    record began "$1" "$step"
    three_times run_step "$1" "$step" run
    code=$?
    record did "$1" "$step" "$code"
    [ "$code" = 0 ] || unfinished=\${unfinished:+$unfinished,}$step
  done
}

wind_up() {
  rm -f "$tx/reserve"
  complete_phase finish
  finish committed "\${unfinished:+unfinished:$unfinished}"
}

settle() {
  complete_phase settle
  finish stuck "$1"
}

is_abort_waiting() {
  ahead=$((heard + 1))
  while [ -f "$tx/inbox/$ahead" ]; do
    read -r _ word cause <"$tx/inbox/$ahead"
    [ "$word" != abort ] || { cause=\${cause:-aborted}; return 0; }
    ahead=$((ahead + 1))
  done
  return 1
}

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
  case \${rule#* } in
    run:*)
      if [ ! -f "$tx/plan/$argument/steps" ]; then record refused "$word" no-steps
      elif run_phase "$argument"; then enter "\${rule##*:}"
      else undo "$cause"; fi ;;
    commit)
      why=$(objection "$argument")
      if [ -n "$why" ]; then record refused confirm "$why"
      elif run_phase commit && { cause='journal-not-written'; record committed; }; then wind_up
      else undo "$cause"; fi ;;
    undo) undo "\${argument:-aborted}" ;;
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

mark="# estiba $stack"

remember_environment() {
  env | grep -E '^(PATH|DOCKER_[A-Z]+|XDG_RUNTIME_DIR)=' | replace "$stack/environment"
}

restore_environment() {
  [ -f "$stack/environment" ] || return 0
  while IFS= read -r variable; do export "\${variable?}"; done <"$stack/environment"
}

find_crontab() (
  IFS=:
  for folder in $PATH; do
    if [ -x "$folder/crontab" ]; then echo "$folder/crontab"; return; fi
  done
  return 1
)

edit_crontab() {
  crontab=$(find_crontab) || return 0
  old=$stack/.crontab.$$
  {
    flock 8
    if timeout 10 "$crontab" -l >"$old" 2>"$old.why" 8>&- 9>&- || grep -q -e 'no crontab' -e 'No such file' "$old.why"; then
      awk -v mark="$mark" -v line="\${1:-}" '
        substr($0, length($0) - length(mark) + 1) != mark { print }
        END { if (line != "") print line }' "$old" >"$old.new"
      cmp -s "$old" "$old.new" || timeout 10 "$crontab" - <"$old.new" 8>&- 9>&-
    fi
  } >/dev/null 2>&1 8<"\${HOME:-/}"
  rm -f "$old" "$old.why" "$old.new"
}

add_minute_job() { edit_crontab "* * * * * sh $stack/agent recover $stack >/dev/null 2>&1 $mark"; }
remove_minute_job() { edit_crontab; }

leave_what_was_removed() { [ ! -f "$stack/removed" ] || [ -f "$stack/open" ] || remove_minute_job; }

reserve() {
  : >>"$journal" && head -c "$(($(limit reserve) * 1024))" /dev/urandom 2>/dev/null >"$tx/reserve" && sync "$tx/reserve" && sync "$tx"
}

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

resume() {
  end_orphan "$id"
  be_the_agent
  if is_over; then finish; return; fi
  rm -f "$tx/reserve"
  record recovering
  if [ "$(count_of recovering)" -gt "$(limit recoveries)" ]; then finish stuck recovered-too-often; return; fi
  state=$(last_of state)
  was=$(last_of undoing)
  if has committed; then state=committed; elif [ -n "$(last_of forbidden)" ]; then state=forbidden; fi
  case $(look_up recovery "\${state:-open}" crash) in
    *wind-up) wind_up ;;
    *settle) settle "\${was:-agent-gone}" ;;
    *) undo "\${was:-agent-gone}" ;;
  esac
}

recover_what_is_open() {
  open=$(what_is_open)
  [ -n "$open" ] || return 0
  if [ -d "$stack/transactions/$open" ]; then sh "$0" resume "$stack" "$open"; else rm -f "$stack/open"; fi
}

recover() {
  restore_environment
  exec 9>>"$stack/lock"
  give_up=$(($(uptime_seconds) + 15))
  until flock -n 9; do
    if is_alive "$(what_is_open)"; then echo 'held by a living agent'; end_what_never_was_open; return; fi
    [ "$(uptime_seconds)" -lt "$give_up" ] || { echo 'the lock is held, but by no agent' >&2; return 1; }
    end_open_orphan
    sleep 0.2 9>&-
  done
  recover_what_is_open
  end_what_never_was_open
  leave_what_was_removed
  revive
  rejoin
}

end_what_never_was_open() {
  [ -d "$tx/plan" ] && [ "$(what_is_open)" != "$id" ] || return 0
  {
    flock 8
    if ! is_alive "$id"; then
      cut_torn_tail "$journal"
      is_over || [ -n "$(last_of state)" ] || end undone agent-gone
    fi
  } 8<"$tx"
}

note_engine() {
  [ -f "$stack/engine" ] || { start=$(timeout 20 sh "$stack/revive" which 2>/dev/null 9>&-) && echo "$start" | replace "$stack/engine"; }
}

revive() {
  [ ! -f "$stack/open" ] && [ -f "$stack/revive" ] && [ -f "$stack/engine" ] || return 0
  start=$(timeout 20 sh "$stack/revive" which 2>/dev/null 9>&-) || return 0
  [ "$start" != "$(cat "$stack/engine")" ] || return 0
  run_in_session 300 "$stack/revive" || return 1
  echo "$start" | replace "$stack/engine"
}

rejoin() {
  [ ! -f "$stack/open" ] && [ -f "$stack/revive" ] && [ -f "$stack/current/../joins" ] || return 0
  timeout -k 5 60 sh "$stack/revive" join >/dev/null 2>&1
}

is_known() { [ -d "$tx" ] || { echo "there is no transaction $id in $stack" >&2; return 6; }; }

number_of() {
  number=1
  while [ -f "$tx/inbox/$number" ]; do
    read -r known _ <"$tx/inbox/$number"
    [ "$known" != "$1" ] || { echo "$number"; return; }
    number=$((number + 1))
  done
  return 1
}

put() {
  {
    flock 8
    number_of "$1" && return
    write_word "$@" 2>/dev/null || { [ "$2" = abort ] && rm -f "$tx/reserve" && write_word "$@"; } || return
    mv "$tx/inbox/.new" "$tx/inbox/$number" && echo "$number"
  } 8<"$tx/inbox"
}

write_word() { printf '%s\\n' "$*" >"$tx/inbox/.new"; }

may_be_said() {
  key=$2 state=$(last_of state)
  [ "$2" = advance ] && key=advance:$3
  rule=$(look_up verbs "$state" "$key")
  [ -n "$rule" ] || { echo "refused state-$state"; return 3; }
  [ "\${rule%% *}" = any ] || [ "$1" = "$(cat "$tx/plan/nonce")" ] || { echo 'refused not-owner'; return 3; }
}

say() {
  is_known || return
  nonce=$1 word_id=$2 from=$3
  shift 3
  length=$(records)
  if ! number=$(number_of "$word_id"); then
    is_alive "$id" || is_over || { echo gone; return 5; }
    if is_over; then follow "$(records)"; return; fi
    if ! refusal=$(may_be_said "$nonce" "$@") && ! number_of "$word_id" >/dev/null; then echo "$refusal"; return 3; fi
    number=$(put "$word_id" "$@") || return 1
    timeout 2 sh -c ': >"$1"' sh "$tx/door" </dev/null >/dev/null 2>&1 &
  fi
  heard_from=$(awk -v before="$((number - 1))" '$4 == "waiting" && $7 == before { print $1 + 1; exit }' "$journal")
  [ "$from" -gt 0 ] || from=\${heard_from:-$((length + 1))}
  follow "$from" "$number"
}

holder() {
  of=$stack/transactions/$1
  [ -n "$1" ] && [ -f "$of/journal" ] || return 0
  read -r since at <<EOT
$(awk 'NR == 1 { since = $2 } $4 == "state" { at = $5 } $4 == "undoing" || $4 == "committed" { at = $4 }
  END { print since, at }' "$of/journal")
EOT
  printf '> {"tx":"%s","since":%s,"state":"%s",%s}\\n' "$1" "$since" "$at" "$(cat "$of/plan/ledger")"
}

quoted() {
  [ -f "$1" ] || return 0
  tail -c 6000 "$1" | awk -v cut="$(($(wc -c <"$1") > 6000))" \\
    'NR > cut { print "> " $0 } END { if (cut && NR <= cut) print "> (a line of more than 6000 bytes)" }'
}

wait_for_its_end() {
  patience=100
  while [ "$patience" -gt 0 ] && is_alive "$id"; do
    sleep 0.05
    patience=$((patience - 1))
  done
  [ "$(what_is_open)" != "$id" ] || is_alive "$id" || sh "$0" recover "$stack" >/dev/null 2>&1 </dev/null || true
}

follow() {
  next=$1 unheard=\${2:-0} patience=10 looks=0
  if [ -f "$journal" ]; then
    next=$(awk -v from="$1" -v word="\${2:-}" '
      END { print (NR < from && ($4 == "ended" || (word != "" && $4 == "waiting" && $7 >= word))) ? NR : from }' "$journal")
  fi
  while :; do
    while [ "$next" -le "$(records)" ]; do
      line=$(sed -n "\${next}p" "$journal")
      echo "$line"
      next=$((next + 1))
      read -r _ _ _ type first second third _ <<EOT
$line
EOT
      case $type in
        began) awk -v step="$second" '$1 == step { $1 = $2 = ""; print "#" $0 }' "$tx/plan/$first/steps" ;;
        did) quoted "$tx/output/$first-$second.run" ;;
        undid) quoted "$tx/output/$first-$second.undo" ;;
        forbidden) quoted "$tx/output/$first-$second.gate" ;;
        undoing) [ "$first" != unwell-in-trial ] || quoted "$tx/output/watch" ;;
        blocked) holder "$first" ;;
        ended) wait_for_its_end; return 0 ;;
        waiting)
          [ "\${third:-0}" -lt "$unheard" ] && continue
          unheard=0
          [ "$next" -le "$(records)" ] || return 0 ;;
      esac
    done
    if [ "$looks" = 0 ]; then
      looks=10
      if is_alive "$id"; then patience=10; elif [ -f "$tx/pid" ] && [ "$patience" -gt 2 ]; then patience=2; else patience=$((patience - 1)); fi
      [ "$patience" -gt 0 ] || { echo gone; return 5; }
    fi
    looks=$((looks - 1))
    sleep 0.05
  done
}

case $verb in
  run) run ;;
  follow) shift 3; is_known && follow "$@" ;;
  say) shift 3; say "$@" ;;
  recover) recover ;;
  resume) resume ;;
  leave) remove_minute_job ;;
  *) echo "unknown verb $verb" >&2; exit 64 ;;
esac
`

/** src/agent/open.sh */
export const openProgram = `set -eu
umask 077
stack=$1 agent=$2
read -r id sum || exit 0

unpack() {
  mkdir "$1" || not_written
  trap "rm -rf '$1'" EXIT
  cat >"$1/package.tar.gz" || not_written
  echo "$2  $1/package.tar.gz" | sha256sum -c - >/dev/null 2>&1 || { echo 'the package was damaged on its way' >&2; exit 7; }
  tar -xzpf "$1/package.tar.gz" -C "$1" || not_written
  rm "$1/package.tar.gz"
  sync -f "$1" || not_written
}

not_written() { echo 'the package could not be written: is the disk full?' >&2; exit 8; }

bring_agent() {
  [ -f "$stack/$agent" ] ||
    { cp "$1/agent.sh" "$stack/.$agent.$$" && sync "$stack/.$agent.$$" && mv "$stack/.$agent.$$" "$stack/$agent"; } || not_written
}

mkdir -p "$stack/transactions" || not_written
new=$stack/transactions/.$id
unpack "$new" "$sum"
bring_agent "$new"
mv "$new" "$stack/transactions/$id"
bring_agent "$stack/transactions/$id"
ln -sfn "$agent" "$stack/.agent.$$" && mv -T "$stack/.agent.$$" "$stack/agent"
sync "$stack/transactions"
word=0
while [ -f "$stack/transactions/$id/inbox/$((word + 1))" ]; do word=$((word + 1)); done
setsid sh "$stack/$agent" run "$stack" "$id" </dev/null >/dev/null 2>&1 &
exec sh "$stack/$agent" follow "$stack" "$id" 1 "$word"
`

/** src/agent/add-phase.sh */
export const addPhaseProgram = `set -eu
umask 077
stack=$1 id=$2 sum=$3 nonce=$4 word=$5 record=$6 phase=$7

unpack() {
  mkdir "$1" || not_written
  trap "rm -rf '$1'" EXIT
  cat >"$1/package.tar.gz" || not_written
  echo "$2  $1/package.tar.gz" | sha256sum -c - >/dev/null 2>&1 || { echo 'the package was damaged on its way' >&2; exit 7; }
  tar -xzpf "$1/package.tar.gz" -C "$1" || not_written
  rm "$1/package.tar.gz"
  sync -f "$1" || not_written
}

not_written() { echo 'the package could not be written: is the disk full?' >&2; exit 8; }

tx=$stack/transactions/$id
[ -d "$tx/plan" ] || { echo "there is no transaction $id in $stack" >&2; exit 6; }
[ "$nonce" = "$(cat "$tx/plan/nonce")" ] || { echo 'refused not-owner'; exit 3; }
new=$tx/.$phase.$$
unpack "$new" "$sum"
if [ -d "$tx/plan/$phase" ]; then rm -rf "$new"; else mv -T "$new" "$tx/plan/$phase" && sync "$tx/plan"; fi
exec sh "$stack/$(cat "$tx/plan/agent")" say "$stack" "$id" "$nonce" "$word" "$record" advance "$phase"
`

/** src/agent/status.sh */
export const statusProgram = `tx=$1/transactions/$2
[ -d "$tx/plan" ] || { echo "there is no transaction $2 in $1" >&2; exit 6; }
read -r up _ </proc/uptime
awk -v now="\${up%%.*}" -v lease="$(cat "$tx/plan/lease")" '
  { line = "" }
  $4 == "state" { state = $5 }
  $4 == "renewed" { lease = $5 }
  $4 == "waiting" { lease = $6; line = "waiting " $5 " " lease " " lease - (now - $3) }
  $4 == "ended" { ended = "ended " $5 " " $6 }
  END { print ended ? ended : line ? line : "busy " (state ? state : "open") " " lease }' "$tx/journal" 2>/dev/null ||
  echo "busy open $(cat "$tx/plan/lease")"
`

/** src/compose/effects.sh */
export const effectsProgram = `
: "\${project:?}" "\${release:?}" "\${variant:?}" "\${stack:?}"

find_plugin() {
  plugin='' settings=\${DOCKER_CONFIG:-\${HOME:-}/.docker}
  ! grep -qs cliPluginsExtraDirs "$settings/config.json" || return 0
  for plugin in "$settings" /usr/local/lib/docker /usr/local/libexec/docker /usr/lib/docker /usr/libexec/docker; do
    plugin=$plugin/cli-plugins/docker-compose
    if [ -f "$plugin" ] && [ -x "$plugin" ]; then return 0; fi
  done
  plugin=''
}

docker_compose() {
  find_plugin
  if [ -n "$plugin" ]; then \${within:-} "$plugin" "$@"; else \${within:-} docker compose "$@"; fi
}

compose() {
  docker_compose --project-name "$project" --project-directory "$stack/project" \\
    --file "$stack/releases/$release/$variant/compose.json" "$@"
}

list_containers() {
  docker ps --all --no-trunc --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.oneoff=False "$@"
}

containers() { list_containers --quiet --filter "label=com.docker.compose.service=$1" \${2:+--filter "$2"}; }

name() { echo "\${1%%=*}"; }
more() { echo "\${1#*:}"; }

survey() {
  list_containers --format '{{.ID}} {{.Label "com.docker.compose.service"}} {{.Label "estiba.definition"}}/{{.Label "estiba.slot"}}'
}

among() {
  definition=\${3#*=}
  printf '%s\\n' "$1" | awk -v side="$2" -v name="\${3%%=*}" -v made="\${definition%%:*}/" -v here="$variant" '
    $2 == name && ($3 == made || $3 == made here ? "new" : "old") == side { print $1 }'
}

of_all() {
  side=$1
  shift
  for service; do among "$every" "$side" "$service"; done
}

find_new() {
  new=''
  for service; do
    found=$(among "$every" new "$service")
    [ -n "$found" ] || { echo "the new $(name "$service") is gone"; return 1; }
    new="$new $found"
  done
}

each() {
  ids=$1
  shift
  [ -z "$ids" ] || "$@" $ids >/dev/null
}

await_engine() { until docker version >/dev/null 2>&1; do sleep 1; done; }
await_survey() { until survey 2>/dev/null; do sleep 1; done; }

create_new() {
  scale='' names=''
  every=$(survey) || return 1
  for service; do
    scale="$scale --scale $(name "$service")=$(($(among "$every" old "$service" | grep -c .) + $(more "$service")))"
    names="$names $(name "$service")"
  done
  compose create --no-recreate --no-build $scale $names && every=$(survey) && new=$(of_all new "$@") && each "$new" docker update --restart=no
}

came() {
  of_all new "$@" | awk -v served="$(awk '{ print $2 }' "$ESTIBA_TX/served" 2>/dev/null | tr '\\n' ' ')" '!index(" " served, " " $1 " ")'
}

set_aside() {
  every=$(await_survey) && new=$(came "$@") && each "$new" docker update --restart=no && each "$new" docker stop || return 1
  [ -n "$new" ] || return 0
  told=$(docker inspect --format '{{.Id}} {{.Name}} {{if or .State.Error (ne .State.StartedAt "0001-01-01T00:00:00Z")}}ran{{else}}-{{end}} {{.HostConfig.NetworkMode}}{{range $name, $_ := .NetworkSettings.Networks}} {{$name}}{{end}}' $new) || return 1
  each "$(printf '%s\\n' "$told" | awk '$3 != "ran" { print $1 }')" docker rm || return 1
  printf '%s\\n' "$told" | {
    while read -r container called ran networks; do
      [ "$ran" = ran ] || continue
      cut_off "$container" $networks &
      echo "kept, stopped, until the next deploy: \${called#/} (docker logs \${called#/})"
    done
    wait
  }
}

cut_off() {
  case $2 in container:* | host | none) return ;; esac
  apart=$1 has_none=false
  shift 2
  for network; do
    if [ "$network" = none ]; then has_none=true; else docker network disconnect --force "$network" "$apart"; fi
  done
  "$has_none" || docker network connect none "$apart"
}

lead_back() {
  folder=$1
  shift
  await_engine
  kept=$(ended "$@") && point_current "$folder\${kept:+-guard}"
}

clear_kept() { kept=$(ended "$@") && each "$kept" docker rm; }

ended() {
  listed=$(list_containers --filter status=created --filter status=exited --filter status=dead \\
    --format '{{.ID}} {{.Label "com.docker.compose.service"}}={{.Label "estiba.definition"}}/{{.Label "estiba.slot"}}') || return 1
  printf '%s\\n' "$listed" | awk -v wanted=" $* " 'NF && index(wanted, " " $2 " ") { print $1 }'
}

start_and_prove() {
  seconds=$1
  shift
  every=$(survey) && find_new "$@" || return 1
  prove_all "$seconds" started $new
}

stop_new() {
  every=$(await_survey) && new=$(of_all new "$@") && each "$new" docker stop
}

keep_alive() {
  every=$(await_survey)
  for policy in $(for service; do more "$service"; done | sort -u); do
    new=$(for service; do [ "$(more "$service")" != "$policy" ] || among "$every" new "$service"; done)
    each "$new" docker update --restart="$policy" || return 1
  done
  each "$(of_all new "$@")" docker start
}

remove_old() {
  every=$(await_survey) && old=$(of_all old "$@") && each "$old" docker update --restart=no && each "$old" docker stop && each "$old" docker rm
}

remove_idle() {
  await_engine
  for service; do
    idle=$(list_containers --quiet --filter "label=com.docker.compose.service=$service" --filter status=created --filter status=exited --filter status=dead) &&
      each "$idle" docker rm || return 1
  done
}

pull() {
  host=$1 names='' images='' login=$ESTIBA_TX/docker
  shift
  for service; do names="$names \${service%%=*}" images="$images \${service#*=}"; done
  if [ -d "$login" ]; then
    [ ! -d "$HOME/.docker/cli-plugins" ] || ln -sfn "$HOME/.docker/cli-plugins" "$login/cli-plugins"
    DOCKER_HOST=$(docker context inspect --format '{{.Endpoints.docker.Host}}') && export DOCKER_HOST
    export DOCKER_CONFIG="$login"
  fi
  compose pull --quiet $names && fit "$host" $images
  pulled=$?
  rm -rf "\${login:?}"
  return "$pulled"
}

architectures() { docker image inspect --format '{{.Architecture}}' "$@" 2>/dev/null; }

fit() {
  host=$1 all_fit=true
  shift
  for made in $(architectures "$@"); do runs_on "$host" "$made" || all_fit=false; done
  "$all_fit" && return
  for image; do
    made=$(architectures "$image") || continue
    runs_on "$host" "$made" && continue
    echo "$image is for $made, and this host is $host: build it for $host, or take another image"
    case $image in *@*) docker image rm "$image" >/dev/null 2>&1 ;; esac
  done
  return 1
}

runs_on() {
  case $1/$2 in "$2/$2" | amd64/386 | arm64/arm) return 0 ;; esac
  case $2 in amd64) emulator=x86_64 ;; arm64) emulator=aarch64 ;; 386) emulator=i386 ;; *) emulator=$2 ;; esac
  [ -e "/proc/sys/fs/binfmt_misc/qemu-$emulator" ] || [ -e /proc/sys/fs/binfmt_misc/rosetta ]
}

hold_images() {
  await_engine
  for image; do docker tag "\${image%%=*}" "estiba.invalid/held:$project.\${image#*=}" || echo "\${image%%=*} is not held"; done
}

let_go() {
  for old; do
    until tags=$(docker images --format '{{.Repository}}:{{.Tag}}' --filter "reference=estiba.invalid/held:$project.*.$old"); do sleep 1; done
    each "$tags" docker image rm
  done
  true
}

forget_images() {
  for image; do
    case $(docker image inspect --format '{{.RepoTags}}' "$image" 2>/dev/null) in *estiba.invalid/held:*) continue ;; esac
    docker image rm "$image" >/dev/null 2>&1
  done
  true
}

note_served() {
  [ ! -f "$ESTIBA_TX/served" ] || return 0
  served='' every=$(list_containers --quiet) || return 1
  [ -z "$every" ] || served=$(docker inspect \\
    --format '{{index .Config.Labels "com.docker.compose.service"}} {{.Id}} {{.HostConfig.RestartPolicy.Name}} {{.State.Status}} {{.Name}}' $every) || return 1
  served=$(printf '%s\\n' "$served" | awk -v ran=" $* " '
    $4 == "exited" && $3 != "no" && index(ran, " " substr($5, 2) " ") || $4 == "running" { print }')
  each "$(printf '%s\\n' "$served" | awk '$4 == "exited" { print $2 }')" docker start || return 1
  printf '%s\\n' "$served" | awk 'NF { print $1, $2, $3 }' >"$ESTIBA_TX/.served" && sync "$ESTIBA_TX/.served" &&
    mv "$ESTIBA_TX/.served" "$ESTIBA_TX/served" && sync "$ESTIBA_TX"
}

stop_old() {
  every=$(survey) && old=$(of_all old "$@") && printf '%s\\n' "$old" >>"$ESTIBA_TX/stopping" && sync "$ESTIBA_TX/stopping" && sync "$ESTIBA_TX" &&
    each "$old" docker update --restart=no && each "$old" docker stop
}

end_stops() {
  [ -s "$ESTIBA_TX/stopping" ] || return 0
  ending=$(awk 'NR == FNR { listed[$1]; next } $2 in listed { print $2 }' "$ESTIBA_TX/stopping" "$ESTIBA_TX/served") || return 1
  here=$(list_containers --quiet) || return 1
  each "$(printf '%s\\n' "$here" | grep -xF "$ending")" docker stop && rm "$ESTIBA_TX/stopping" && sync "$ESTIBA_TX"
}

stand_by() {
  seconds=$1 started=''
  shift
  [ -s "$ESTIBA_TX/served" ] || return 0
  await_engine
  end_stops || return 1
  for service; do
    while read -r owner container policy; do
      [ "$owner" = "$service" ] || continue
      [ "$(docker inspect --format '{{.State.Running}} {{.HostConfig.RestartPolicy.Name}}' "$container")" != "true $policy" ] || continue
      docker start "$container" >/dev/null && docker update --restart="$policy" "$container" >/dev/null || return 1
      started="$started $container"
    done <"$ESTIBA_TX/served"
  done
  prove_all "$seconds" running $started
}

drain() {
  left=0 within=$1 addresses=$2 give_up=$(($(uptime_seconds) + $1))
  shift 2
  everywhere=$(for edge; do places_of "$edge"; done)
  while :; do
    left=$(for place in $everywhere; do connections_of "$place"; done | in_addresses "$addresses" | grep -c .)
    [ "$left" -gt 0 ] || return 0
    [ "$(uptime_seconds)" -lt "$give_up" ] || break
    sleep 0.2
  done
  echo "still open after $within s, and cut: $left connections of visitors, such as WebSockets"
}

connections_of() { ask_place "$1" cat /proc/net/tcp 2>/dev/null; }

in_addresses() {
  awk -v wanted="$(printf '%s\\n' "$1" | tr , '\\n' | awk -F '[./]' '{ printf "%s%02X%02X%02X ", (NF == 5 ? "" : sprintf("%02X", $4)), $3, $2, $1 }')" '
    BEGIN { count = split(wanted, any, " ") }
    $4 == "01" { for (i = 1; i <= count; i++) if (substr($3, 9 - length(any[i]), length(any[i])) == any[i]) { print; next } }'
}

uptime_seconds() { read -r up _ </proc/uptime && echo "\${up%%.*}"; }

explain() {
  told=$(docker inspect --format '{{.Name}} {{index .Config.Labels "com.docker.compose.service"}} is {{.State.Status}}, exit code {{.State.ExitCode}}, killed for memory: {{.State.OOMKilled}}, restarts: {{.RestartCount}}{{with .State.Error}}, the engine said: {{.}}{{end}}' "$1") || return
  title=\${told%% *} title=\${title#/} told=\${told#* }
  checks=$(docker inspect --format '{{with .State.Health}}{{range .Log}}{{println "exit code" .ExitCode}}{{println .Output}}{{end}}{{end}}' "$1" | last_lines 6 1000)
  printf '%s\\n' "the last lines of $title:" "$(docker logs --tail 15 "$1" 2>&1 | last_lines 12 2000)" \\
    \${checks:+"the health checks of the engine:" "$checks"} \${2:+"its health check said: $2"} \\
    "\${told%% *} ($title) \${told#* }" "more on the host: docker logs $title, docker inspect $title"
}

last_lines() {
  awk -v most="$1" -v room="$2" '
    NF { line[++n] = $0 }
    END {
      for (first = n + 1; first > 1 && n - first + 1 < most && (room -= length(line[first - 1]) + 1) >= 0; first--);
      if (n && first > n) print "(a line of more than " room + length(line[n]) + 1 " bytes)"
      for (; first <= n; first++) print line[first]
    }'
}

check_of() {
  docker inspect --format '{{.State.Status}} {{.RestartCount}}{{with .Config.Healthcheck}}{{range .Test}}
{{.}}{{end}}{{end}}' "$1"
}

ask_within='streak=0 asked=0 began=0 now=0
read -r began _ </proc/uptime
while [ "$streak" -lt 3 ]; do
  if said=$("$@" 2>&1); then streak=$((streak + 1)); else streak=0; fi
  asked=$((asked + 1))
  read -r now _ </proc/uptime
  if [ "$streak" = 0 ] && { [ "$asked" -ge 40 ] || [ "$((\${now%%.*} - \${began%%.*}))" -ge 3 ]; }; then printf "%s\\n" "$said"; exit 1; fi
  [ "$streak" = 3 ] || sleep 0.05 2>/dev/null || sleep 1
done'

ask() {
  asked=$1
  shift
  if [ $# = 0 ]; then
    for time in 1 2 3; do
      if [ "$(docker inspect --format '{{.State.Running}}' "$asked")" != true ]; then return 1; fi
      [ "$time" = 3 ] || sleep 0.5
    done
    return
  fi
  timeout -k 1 30 docker exec "$asked" sh -c "$ask_within" sh "$@"
  code=$?
  case $code in 126 | 127) ;; *) return "$code" ;; esac
  for time in 1 2 3; do
    [ "$time" = 1 ] || sleep 0.05
    timeout -k 1 10 docker exec "$asked" "$@" || return
  done
}

prove() {
  seconds=$1 container=$3 give_up=$(($(uptime_seconds) + $1)) begun=''
  [ "$2" = running ] || { docker start "$container" >/dev/null & begun=$!; }
  check=$(check_of "$container") || return 1
  { read -r status restarts; IFS= read -r kind; words=$(cat); } <<EOT
$check
EOT
  set --
  case $kind in
    CMD-SHELL) set -- sh -c "$words" ;;
    CMD)
      while IFS= read -r word; do set -- "$@" "$word"; done <<EOT
$words
EOT
  esac
  [ -z "$begun" ] || wait "$begun" || { explain "$container"; return 1; }
  [ "$status" != exited ] || restarts=0
  while :; do
    answer=$(ask "$container" "$@" 2>&1)
    well=$?
    case $well in 124 | 143) answer='nothing in time' ;; esac
    state=$(docker inspect --format '{{.State.Status}} {{.RestartCount}}' "$container") || return 1
    [ "$state" = "running $restarts" ] || { explain "$container" "$answer"; return 1; }
    [ "$well" != 0 ] || return 0
    [ "$(uptime_seconds)" -lt "$give_up" ] || { echo "not healthy within $seconds s:"; explain "$container" "$answer"; return 1; }
  done
}

prove_all() {
  seconds=$1 how=$2 proofs='' failed=0
  shift 2
  for container; do
    prove "$seconds" "$how" "$container" &
    proofs="$proofs $!"
  done
  for proof in $proofs; do wait "$proof" || failed=1; done
  return "$failed"
}

are_well() {
  every=$(survey) && find_new "$@" || return 1
  states=$(docker inspect --format '{{.ID}} {{.State.Status}} {{.RestartCount}} {{with .State.Health}}{{.Status}}{{end}}' $new) || return 1
  failed=0
  while read -r container state; do
    case $state in
      'running 0 unhealthy') explain "$container" unhealthy; failed=1 ;;
      'running 0' | 'running 0 '*) ;;
      *) explain "$container"; failed=1 ;;
    esac
  done <<EOT
$states
EOT
  return "$failed"
}

run_for() {
  seconds=$1
  shift
  every=$(survey) && find_new "$@" || return 1
  until is_past "$seconds"; do sleep 1 && are_well "$@" || return 1; done
}

is_past() {
  started=$(docker inspect --format '{{.State.StartedAt}}' $new) || return 1
  for time in $started; do
    began=$(date -u -d "\${time%%.*}Z" +%s 2>/dev/null || date -u -D '%Y-%m-%dT%H:%M:%SZ' -d "\${time%%.*}Z" +%s) || return 1
    [ "$(($(date +%s) - began))" -ge "$1" ] || return 1
  done
}

run_jobs() {
  give_up=$(($(uptime_seconds) + $1)) within=$1 runs='' failed=0
  shift
  every=$(survey) && find_new "$@" || return 1
  for service; do
    for container in $(among "$every" new "$service"); do
      run_job "$container" "$(more "$service")" &
      runs="$runs $!"
    done
  done
  for run in $runs; do wait "$run" || failed=1; done
  return "$failed"
}

run_job() {
  tried=0 left=$within pause=1
  while [ "$tried" -lt "$2" ] && [ "$left" -gt 0 ]; do
    docker start "$1" >/dev/null || { explain "$1"; return 1; }
    ended=$(timeout -k 1 "$left" docker wait "$1")
    case $? in 0) ;; 124 | 143) break ;; *) explain "$1"; return 1 ;; esac
    [ "$ended" != 0 ] || return 0
    tried=$((tried + 1)) left=$((give_up - $(uptime_seconds)))
    [ "$tried" -ge "$2" ] || [ "$pause" -ge "$left" ] || { sleep "$pause"; left=$((left - pause)) pause=$((pause < 30 ? pause * 2 : pause)); }
  done
  [ "$left" -gt 0 ] && [ "$tried" -ge "$2" ] || echo "not completed within $within s:"
  explain "$1"
  return 1
}

in_postgres() {
  container=$(containers "$1" status=running | head -n 1)
  [ -n "$container" ] || { echo "the service $1 has no running container"; return 1; }
  docker exec -i "$container" sh -c 'PGUSER=\${POSTGRES_USER:-postgres} PGDATABASE=\${POSTGRES_DB:-\${POSTGRES_USER:-postgres}}
    export PGUSER PGDATABASE; exec "$@"' sh "$2" "$3"
}

schema_of() {
  in_postgres "$1" pg_dump --schema-only >"$2.all" && grep -v '^[\\]' "$2.all" | sha256sum >"$2" && rm "$2.all"
}

back_up() {
  target=$stack/backups/\${ESTIBA_TX##*/}.dump
  in_postgres "$1" pg_dump --format=custom >"$target.tmp" && [ -s "$target.tmp" ] &&
    in_postgres "$1" pg_restore --file=/dev/null <"$target.tmp" && sync "$target.tmp" &&
    sha256sum <"$target.tmp" >"$target.sha256" && sync "$target.sha256" && mv "$target.tmp" "$target" && sync "$stack/backups" &&
    schema_of "$1" "$ESTIBA_TX/schema-before" && sync "$ESTIBA_TX/schema-before" && sync "$ESTIBA_TX" &&
    echo "backed up to $target, $(wc -c <"$target") bytes, read back whole"
}

run_once() {
  remove_once || return 1
  service=$1
  shift
  compose run --rm --no-deps --no-TTY --name "$project-\${ESTIBA_TX##*/}" "$service" "$@" </dev/null
}

remove_once() {
  once=$(docker ps --all --quiet --filter "name=^/$project-\${ESTIBA_TX##*/}\\$") && each "$once" docker rm --force
}

schema_is_as_before() {
  give_up=$(($(uptime_seconds) + 30))
  until schema_of "$1" "$ESTIBA_TX/schema-now"; do
    [ "$(uptime_seconds)" -lt "$give_up" ] || return 2
    [ -n "$(containers "$1" status=running)" ] || each "$(containers "$1" status=exited | head -n 1)" docker start
    sleep 1
  done
  cmp -s "$ESTIBA_TX/schema-before" "$ESTIBA_TX/schema-now" || return 1
}

old_code_can_run() {
  if [ "$1" = true ]; then
    echo 'old-code-can-run says that the old release can run on the migrated schema'
    return
  fi
  if [ -n "\${2:-}" ]; then schema_is_as_before "$2"; else false; fi
  case $? in
    0) echo 'the schema is as it was before the migration: the old release can run on it' ;;
    2) echo 'the database does not answer, so nobody knows whether the old release can run on its schema'; return 1 ;;
    *) echo 'the schema changed, and old-code-can-run does not say that the old release can run on it'; return 1 ;;
  esac
}

note_schema() {
  if [ -n "\${2:-}" ] && schema_is_as_before "$2"; then
    found=unchanged
  elif [ "$1" = true ]; then
    found=compatible
  else
    found=unknown
  fi
  echo "$found" >"$ESTIBA_TX/.migration" && sync "$ESTIBA_TX/.migration" && mv "$ESTIBA_TX/.migration" "$ESTIBA_TX/migration" &&
    sync "$ESTIBA_TX" && echo "the schema: $found"
}

stage() {
  mkdir -p "$stack/files" "$stack/releases" "$stack/project" "$stack/backups"
  chmod 0755 "$stack/files"
  for folder in "$ESTIBA_TX"/files/*; do
    if [ ! -d "$folder" ] || [ -e "$stack/files/\${folder##*/}" ]; then continue; fi
    chmod -R a+rX "$folder" && mv -T "$folder" "$stack/files/\${folder##*/}" || return 1
  done
  [ -d "$stack/releases/$release" ] || mv -T "$ESTIBA_TX/release" "$stack/releases/$release" || return 1
  stage_edge && sync "$stack/files" "$stack/releases" "$stack"
}

unstage() {
  case $(readlink "$stack/current") in
    "releases/$release/"*) ;;
    *) forget_brought; rm -rf "\${stack:?}/releases/$release" ;;
  esac
}

forget_brought() {
  serving=$(readlink "$stack/current") || return 0
  serving=$stack/\${serving%/*}/edge
  [ ! -d "$serving" ] || drop_all_edge_files_but "$serving"
}

point_current() { ln -sfn "$1" "$stack/.current" && mv -T "$stack/.current" "$stack/current" && sync "$stack"; }

forget_releases() { for old; do rm -rf "\${stack:?}/releases/$old"; done; }

forget_files() {
  until every=$(docker ps --all --quiet --filter "label=com.docker.compose.project=$project" 2>/dev/null); do sleep 1; done
  mounted=$([ -z "$every" ] || docker inspect --format '{{range .Mounts}}{{println .Source}}{{end}}' $every) || return 1
  for folder in "$stack"/files/*/; do
    folder=\${folder%/}
    if printf '%s\\n' "$mounted" | grep -qF "$folder" || grep -qsF "\${folder##*/}" "$stack"/releases/*/*/compose.json; then continue; fi
    rm -rf "\${folder:?}"
  done
}

share_assets() {
  live=$1 kept=$2
  shift 2
  every=$(survey) && find_new "$@" || return 1
  for service; do
    for assets in $(more "$service" | tr , ' '); do share_folder "$(name "$service")" "$assets" || return 1; done
  done
  rm -rf "\${ESTIBA_TX:?}/assets"
}

share_folder() {
  fresh=$(among "$every" new "$service")
  own=$(assets_in "$stack/releases/$release" "$@")
  if ! take_assets "$(first_of "$fresh")" "$2" "$own" || ! holds_folder "$own"; then
    rm -f "$own"
    echo "services.$1.labels: estiba.assets is $2, and the image has no such folder: write its own path, not a link's"
    return 1
  fi
  take_served "$@" || return 1
  needed=$(lacking "$@") || return 1
  [ -n "$needed" ] || return 0
  for container in $fresh; do
    for source in $needed; do
      docker cp - "$container:\${2%/*}/" <"$source" || echo "$1 does not have all of $source"
    done
    docker cp - "$container:\${2%/*}/" <"$own" || return 1
  done
}

assets_in() { echo "$1/assets/$2$(echo "$3" | tr / %).tar"; }

first_of() { printf '%s\\n' "$1" | head -n 1; }

take_assets() {
  [ ! -f "$3" ] || return 0
  mkdir -p "\${3%/*}" && docker cp "$1:$2" - >"$3.new" && sync "$3.new" && mv "$3.new" "$3" && sync "\${3%/*}" "\${3%/*/*}" && return
  rm -f "$3.new"
  return 1
}

holds_folder() { tar -tf "$1" | head -n 1 | grep -q '/$'; }

take_served() {
  from=\${live:+$stack/releases/$live}
  taken=$(assets_in "\${from:-$ESTIBA_TX}" "$@")
  [ ! -f "$taken" ] || return 0
  running=$(containers "$1" status=running) || return 1
  old=$(among "$every" old "$service" | grep -xF "$running" | head -n 1)
  [ -n "$old" ] && [ -d "\${from:-$ESTIBA_TX}" ] || return 0
  if ! take_assets "$old" "$2" "$taken" || ! holds_folder "$taken"; then
    rm -f "$taken"
    echo "what serves of $1 has no folder $2: nothing of it is kept"
  fi
}

lacking() {
  seen=$ESTIBA_TX/assets-seen wanted=''
  tar -tf "$own" >"$seen" || return 1
  for id in $(echo "$kept" | tr , ' ') ''; do
    archive=$(assets_in "\${id:+$stack/releases/}\${id:-$ESTIBA_TX}" "$@")
    [ -f "$archive" ] || continue
    listed=$(tar -tf "$archive" | grep -v '/$')
    if [ -z "$listed" ] || ! printf '%s\\n' "$listed" | grep -qvxFf "$seen"; then continue; fi
    wanted="$archive $wanted"
    printf '%s\\n' "$listed" >>"$seen"
  done
  echo "$wanted"
}

admit_old() {
  guests_of=$1
  shift
  for service; do
    leave_slot "$guests_of" "$(name "$service")" || return 1
    running=$(list_containers --filter "label=com.docker.compose.service=$(name "$service")" --filter status=running --format '{{.ID}} {{.Label "estiba.slot"}}') || return 1
    addresses=\${service#*=},
    for container in $(printf '%s\\n' "$running" | awk '$2 != "a" && $2 != "b" { print $1 }'); do
      [ -n "$addresses" ] || break
      docker network connect --ip "\${addresses%%,*}" "\${project}_slot-$guests_of" "$container" || return 1
      addresses=\${addresses#*,}
    done
  done
}

leave_slot() {
  await_engine
  left=\${project}_slot-$1 own=$1
  shift
  for guest; do
    inside=$(list_containers --filter "network=$left" --filter "label=com.docker.compose.service=$guest" --format '{{.ID}} {{.Label "estiba.slot"}}') || return 1
    for container in $(printf '%s\\n' "$inside" | awk -v own="$own" '$2 != own { print $1 }'); do
      docker network disconnect "$left" "$container" || return 1
    done
  done
}

place_new() {
  every=$(survey) && find_new "$@" || return 1
  for service; do
    place=0
    for address in $(more "$service" | tr , ' '); do
      place=$((place + 1))
      container=$(among "$every" new "$service" | sed -n "\${place}p")
      docker network disconnect "\${project}_slot-$variant" "$container" &&
        docker network connect --ip "$address" --alias "$(name "$service")" "\${project}_slot-$variant" "$container" || return 1
    done
  done
}

make_slots() { make_slot a "$1" && make_slot b "$2"; }
make_slot() {
  has_subnet "\${project}_slot-$1" "$2" && return
  drop_network "\${project}_slot-$1" || return 1
  for _ in 1 2 3; do
    has_subnet "\${project}_slot-$1" "$2" && return
    docker network create --subnet "$2" --ip-range "\${2%.0/24}.128/25" --label "estiba.stack=$project" "\${project}_slot-$1" >/dev/null && return
    if is_taken "$2"; then echo "another network has got $2 since this was planned"; return 75; fi
    sleep 1
  done
  return 1
}
has_subnet() { [ "$(docker network inspect --format '{{range .IPAM.Config}}{{.Subnet}}{{end}}' "$1" 2>/dev/null)" = "$2" ]; }

drop_network() {
  there=$(docker network ls --quiet --filter "name=^$1\\$") || return 1
  [ -n "$there" ] || return 0
  serving=$(list_containers --quiet --filter "network=$1" --filter status=running --filter label=estiba.slot) || return 1
  [ -z "$serving" ] || { echo "the network $1 has other addresses than the release wants, and containers of the stack run in it"; return 1; }
  sharing=$(list_containers --quiet --filter "network=$1" --filter status=running) || return 1
  for container in $sharing; do docker network disconnect "$1" "$container" || return 1; done
  docker network rm "$1" >/dev/null || { echo "the network $1 has other addresses than the release wants, and others are in it"; return 1; }
}

is_taken() {
  networks=$(docker network ls --quiet) || return 1
  docker network inspect --format '{{range .IPAM.Config}}{{println .Subnet}}{{end}}' $networks | grep -qxF "$1"
}

clear_slot() {
  case $(readlink "$stack/edge/live") in
    "slots/$1" | "slots/$1-trial" | slots/rolling) echo "the edge leads to slot $1"; return 1 ;;
  esac
  left=$(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project" --filter "label=estiba.slot=$1") || return 1
  each "$left" docker update --restart=no && each "$left" docker stop && each "$left" docker rm && part_slots
}

join_slots() {
  running=$(docker ps --no-trunc --format '{{.ID}} {{.Label "com.docker.compose.project"}}/{{.Label "com.docker.compose.service"}} {{.Label "com.docker.compose.oneoff"}} ,{{.Networks}},') || return 1
  for service; do
    case $service in */*) owner=$service names='' ;; *) owner=$project/$service names="--alias $service" ;; esac
    for network in "\${project}_slot-a" "\${project}_slot-b"; do
      apart=$(printf '%s\\n' "$running" | awk -v owner="$owner" -v network=",$network," '$2 == owner && $3 == "False" && !index($4, network) { print $1 }')
      for container in $apart; do docker network connect $names "$network" "$container" || return 1; done
    done
  done
}

roll_edge() {
  [ "$(readlink "$stack/edge/live")" != slots/rolling ] || return 0
  led=$1 rolling=$stack/edge/slots/rolling in_b=$stack/edge/slots/b
  shift
  rm -rf "$rolling" && rm -f "$in_b"/*.b && (
    umask 022 && mkdir "$rolling" || exit 1
    for service; do : >"$in_b/$service.b" && { [ "$led" = a ] || : >"$rolling/$service.b"; } || exit 1; done
  ) && sync -f "$rolling" && switch_edge rolling
}

lead_service() {
  marker=$stack/edge/slots/rolling/$2.b
  if [ "$1" = b ]; then (umask 022 && : >"$marker"); else rm -f "$marker"; fi && sync "\${marker%/*}"
}

lead_all() {
  slot=$1
  shift
  for service; do
    led=a
    [ ! -f "$stack/edge/slots/rolling/$service.b" ] || led=b
    [ "$led" = "$slot" ] || { echo "$service is still led to slot $led"; return 1; }
  done
  switch_edge "$slot"
}

stands_in() {
  docker inspect --format "{{\\$service := index .Config.Labels \\"com.docker.compose.service\\"}}{{with index .NetworkSettings.Networks \\"$2\\"}}in{{range .Aliases}}{{if eq . \\$service}} known{{end}}{{end}}{{end}}" "$1"
}

names_in() {
  docker inspect --format "{{with index .NetworkSettings.Networks \\"$2\\"}}{{if .IPAddress}}{{.IPAddress}}{{else}}{{with .IPAMConfig}}{{.IPv4Address}}{{end}}{{end}},{{range .Aliases}} --alias {{.}}{{end}}{{end}}" "$1"
}

put_in() {
  stands=$(stands_in "$1" "$2") || return 1
  case $stands,$4 in in,) return 0 ;; in\\ known*,?*) return 0 ;; in*) docker network disconnect "$2" "$1" || return 1 ;; esac
  case $3 in *.*.*.*) address="--ip $3" ;; *) address='' ;; esac
  docker network connect $4 $address "$2" "$1"
}

put_in_b() { at=$(names_in "$1" "\${project}_slot-b") && put_in "$1" "\${project}_slot-b" "\${at%%,*}" "$2"; }

lend_names() {
  lent=$(list_containers --quiet --filter status=running --filter label=estiba.slot=a) || return 1
  for container in $lent; do at=$(names_in "$container" "\${project}_slot-a") && put_in_b "$container" "\${at#*,}" || return 1; done
}

part_slots() {
  await_engine
  lent=$(list_containers --quiet --filter label=estiba.slot=a --filter "network=\${project}_slot-b") || return 1
  for container in $lent; do docker network disconnect "\${project}_slot-b" "$container" || return 1; done
}

hide() {
  if ! grep -qs "^$1 " "$ESTIBA_TX/names"; then
    at=$(names_in "$1" "\${project}_slot-$2") && [ -n "$at" ] && printf '%s %s %s\\n' "$1" "$2" "$at" >>"$ESTIBA_TX/names" &&
      sync "$ESTIBA_TX/names" && sync "$ESTIBA_TX" || return 1
  fi
  at=$(grep "^$1 " "$ESTIBA_TX/names") && at=\${at#* * } && put_in "$1" "\${project}_slot-$2" "\${at%%,*}" ''
}

show() {
  at=$(grep -s "^$1 " "$ESTIBA_TX/names") || return 0
  slot=\${at#* } slot=\${slot%% *} at=\${at#* * }
  put_in "$1" "\${project}_slot-$slot" "\${at%%,*}" "\${at#*,}" && { [ "$slot" = b ] || put_in_b "$1" "\${at#*,}"; }
}

hide_new() {
  every=$(await_survey) && new=$(of_all new "$@") || return 1
  for container in $new; do hide "$container" "$variant" && { [ "$variant" = b ] || put_in_b "$container" ''; } || return 1; done
}

show_new() { every=$(survey) && find_new "$@" && for container in $new; do show "$container" || return 1; done; }

hide_old() {
  was=$(old_slot)
  every=$(survey) && old=$(of_all old "$@") && serving=$(list_containers --quiet --filter status=running --filter "label=estiba.slot=$was") || return 1
  for container in $(printf '%s\\n' "$serving" | grep -xF "$old"); do
    hide "$container" "$was" || return 1
    [ "$was" = b ] || [ -z "$(stands_in "$container" "\${project}_slot-b")" ] || docker network disconnect "\${project}_slot-b" "$container" || return 1
  done
  let_them_ask
}

come_back() {
  within=$1 back=$2 ailing=''
  shift 2
  await_engine
  end_stops || return 1
  all_run "$(served_of "$back")" || for other; do are_well "$other" >/dev/null 2>&1 || ailing="$ailing $other"; done
  for other in $ailing; do take_back "$other" || return 1; done
  if ! stand_by "$within" "$back"; then
    [ $# -gt 0 ] || return 1
    for other; do take_back "$other" || return 1; done
    prove_all "$within" running $(served_of "$back") || return 1
  fi
  for container in $(served_of "$back"); do show "$container" || return 1; done
}

all_run() {
  [ -z "$1" ] || { states=$(docker inspect --format '{{.State.Running}}' $1) && case $states in *false*) return 1 ;; esac; }
}

served_of() { awk -v service="$1" '$1 == service { print $2 }' "$ESTIBA_TX/served"; }

take_back() {
  stand_by "$within" "$(name "$1")" || return 1
  for container in $(served_of "$(name "$1")"); do show "$container" || return 1; done
  if [ -f "$stack/edge/slots/b/$(name "$1").b" ]; then lead_service "$(old_slot)" "$(name "$1")" || return 1; fi
  retire_new "$1"
}

old_slot() { if [ "$variant" = b ]; then echo a; else echo b; fi; }

retire_new() {
  if hide_new "$@"; then let_them_ask; else echo 'who asks by name may meet one that is being stopped'; fi
  every=$(await_survey) && new=$(of_all new "$@") && each "$new" docker update --restart=no && each "$new" docker stop
}

let_them_ask() { sleep 2; }

try_new() {
  failed="$ESTIBA_TX/failed-$(name "$2")"
  [ ! -f "$failed" ] || { echo "the new $(name "$2") has failed its proof in this transaction"; return 1; }
  if start_and_prove "$@"; then return; fi
  if states=$(docker inspect --format '{{.State.Status}}' $new); then case $states in *created*) ;; *) : >"$failed" ;; esac; fi
  shift
  stop_new "$@"
  return 1
}

places_of() {
  case $1 in
    @host) echo @host ;;
    */*)
      docker ps --quiet --no-trunc --filter status=running --filter label=com.docker.compose.oneoff=False \\
        --filter "label=com.docker.compose.project=\${1%%/*}" --filter "label=com.docker.compose.service=\${1#*/}"
      ;;
    *) containers "$1" status=running ;;
  esac
}

at_place() {
  where=$1
  shift
  if [ "$where" = @host ]; then "$@"; else docker exec "$where" "$@"; fi
}

ask_place() {
  if [ "$1" = @host ]; then shift; else where=$1; shift; set -- docker exec "$where" "$@"; fi
  timeout -k 1 5 "$@"
}

program_at() {
  [ "$1" != @host ] || { echo nginx; return; }
  mounted=$(docker inspect --format '{{range .Mounts}}{{println .Destination}}{{end}}' "$1") || return 1
  program=$(printf '%s\\n' "$mounted" | sed -n 's|^/etc/\\([a-z]*\\)/estiba\\(/.*\\)*$|\\1|p' | head -n 1)
  case $program in
    nginx | caddy | haproxy | traefik) echo "$program" ;;
    *) echo "nothing that can be switched has the folder $stack/edge in container $1" >&2; return 1 ;;
  esac
}

for_each_place() {
  function=$1
  shift
  for edge; do
    found=$(places_of "$edge") || return 1
    for place in $found; do "$function" "$place" "$edge" || return 1; done
  done
}

edge_files() { (cd "$1" && find ./*.* own -type f 2>/dev/null | sed 's|^\\./||'); }

lacks_configuration() { ! edge_files "$1" | has_edge_files; }
has_edge_files() { while IFS= read -r file; do [ -f "$stack/edge/$file" ] || return 1; done; }

make_edge() {
  for folder in a b a-trial b-trial; do mkdir -p "$stack/edge/slots/$folder" && : >"$stack/edge/slots/$folder/$folder" || return 1; done
  : >"$stack/edge/slots/b-trial/b" && : >"$stack/edge/slots/a-trial/trial" && : >"$stack/edge/slots/b-trial/trial" || return 1
  if [ -f "$1/traefik-a.conf" ]; then link_traefik || return 1; fi
  edge_files "$1" | put_edge_files "$1" lacking || return 1
  sync -f "$stack/edge" && { [ -L "$stack/edge/live" ] || ln -s slots/a "$stack/edge/live"; } && sync "$stack/edge"
}

put_edge_files() {
  while IFS= read -r file; do
    if [ "$2" = lacking ] && [ -f "$stack/edge/$file" ]; then continue; fi
    put_edge_file "$1" "$file" || return 1
  done
}

put_edge_file() {
  target=$stack/edge/$2 new=$stack/edge/.\${2##*/}
  case $2 in
    own/*) mkdir -p "\${target%/*}" && cat "$1/$2" >"$target" && chmod 0644 "$target" && sync "$target" ;;
    *) cp "$1/$2" "$new" && chmod 0644 "$new" && sync "$new" && mv "$new" "$target" ;;
  esac
}

put_edge_configuration() {
  edge_files "$1" | put_edge_files "$1" all && edge_files "$stack/edge" | grep '^own/[^/]*/[^/]*/' | drop_edge_files "$1" &&
    chmod -R a+rX "$stack/edge" && sync "$stack/edge"
}

drop_edge_files() { while IFS= read -r file; do [ -f "$1/$file" ] || rm -f "$stack/edge/$file"; done; }

drop_all_edge_files_but() { edge_files "$stack/edge" | drop_edge_files "$1" && sync "$stack/edge"; }
tidy_edge() { drop_all_edge_files_but "$stack/releases/$release/edge"; }

keep_edge_files() {
  while IFS= read -r file; do
    case $file in */*) mkdir -p "$1/\${file%/*}" ;; esac
    cp "$stack/edge/$file" "$1/$file" && sync "$1/$file" || return 1
  done
}

stage_edge() {
  brought=$stack/releases/$release/edge
  [ -d "$brought" ] || return 0
  if [ ! -L "$stack/edge/live" ] || lacks_configuration "$brought"; then make_edge "$brought" || return 1; fi
  chmod -R a+rX "$stack/edge"
}

configure_edge() {
  before=$ESTIBA_TX/edge-before
  if [ ! -d "$before" ]; then
    rm -rf "$before.new" && mkdir "$before.new" && edge_files "$stack/edge" | keep_edge_files "$before.new" &&
      sync "$before.new" && mv -T "$before.new" "$before" && sync "$ESTIBA_TX" || return 1
  fi
  try_edges "$@" && put_edge_configuration "$stack/releases/$release/edge" &&
    : >"$ESTIBA_TX/edge-reloaded" && sync "$ESTIBA_TX/edge-reloaded" && sync "$ESTIBA_TX" && for_each_place load_edge "$@"
}

configure_edge_back() {
  [ -d "$ESTIBA_TX/edge-before" ] || return 0
  put_edge_configuration "$ESTIBA_TX/edge-before" && drop_all_edge_files_but "$ESTIBA_TX/edge-before" || return 1
  [ -f "$ESTIBA_TX/edge-reloaded" ] || return 0
  await_engine && for_each_place load_edge "$@"
}

load_edge() { program=$(program_at "$1") && "load_$program" "$1"; }

try_edges() {
  tried=$ESTIBA_TX/edge-tried
  rm -rf "$tried" && cp -R "$stack/releases/$release/edge" "$tried" && chmod -R a+rX "$tried" && for_each_place try_edge "$@" && rm -rf "$tried"
}

try_edge() {
  [ "$1" != @host ] || return 0
  program=$(program_at "$1") &&
    mounts=$(docker inspect --format '{{range .Mounts}}{{println .Source .Destination}}{{end}}' "$1") &&
    image=$(docker inspect --format '{{.Image}}' "$1") || return 1
  set -- "$image" --rm --network "container:$1" --volumes-from "$1:ro"
  while read -r source target; do
    case $source in "$stack/edge" | "$stack/edge/own/"*) ;; *) continue ;; esac
    source=$tried\${source#"$stack/edge"}
    [ ! -e "$source" ] || set -- "$@" --volume "$source:$target:ro"
  done <<EOT
$mounts
EOT
  "test_$program" "$@"
}

switch_edge() {
  ln -sfn "slots/$1" "$stack/edge/.live" && mv -T "$stack/edge/.live" "$stack/edge/live" && sync "$stack/edge"
}

let_ask() {
  asked=$stack/edge/asked
  token=$(printf '%s.%s' "\${ESTIBA_TX##*/}" "$(cat "$ESTIBA_TX/plan/nonce")" | sha256sum | cut -c 1-32) || return 1
  rm -rf "$asked" && mkdir "$asked" && : >"$asked/$token.$1" && chmod -R a+rX "$asked"
}
end_asking() { rm -rf "$stack/edge/asked"; }

see_edge() {
  wanted=\${1##*/} asked='' give_up=$(($(uptime_seconds) + 15))
  case $1 in */*) asked=service/\${1%/*} ;; esac
  shift
  for edge; do
    found=$(places_of "$edge") || return 1
    [ -n "$found" ] || { echo "$edge does not run"; return 1; }
    for place in $found; do
      ask=ask_edge
      if [ -f "$stack/edge/traefik-a.conf" ] && [ "$(program_at "$place")" = traefik ]; then ask=ask_traefik; fi
      until seen=$("$ask" "$place" "$asked" 2>&1) && [ "\${seen##*_}" = "$wanted" ]; do
        [ "$(uptime_seconds)" -lt "$give_up" ] || {
          echo "$edge was to lead \${asked:+\${asked#*/} }to slot $wanted, but says: $seen"
          echo "does its configuration include what Estiba writes for it (docs/recipes.md), was it reloaded since, and can its workers read $stack/edge?"
          return 1
        }
        sleep 0.05
      done
    done
  done
}

ask_edge() {
  ask_place "$1" sh -c 'url=http://127.0.0.1:9180/$2 host="Host: $1.estiba"
    if command -v curl >/dev/null; then exec curl -fsS -m 2 -H "$host" "$url"; fi
    if command -v wget >/dev/null; then exec wget -q -T 2 --header "$host" -O - "$url"; fi
    exec bash -c "exec 3<>/dev/tcp/127.0.0.1/9180; printf \\"GET /$2 HTTP/1.0\\r\\n$host\\r\\n\\r\\n\\" >&3; tail -n 1 <&3"' sh "$project" "\${2:-}"
}

test_nginx() {
  image=$1
  shift
  docker run "$@" --entrypoint nginx "$image" -t -q
}

load_nginx() { nginx_at "$1" -t -q && nginx_at "$1" -s reload; }

nginx_at() {
  place=$1
  shift
  if [ "$place" = @host ] && [ "$(id -u)" != 0 ]; then sudo -n nginx "$@"; else at_place "$place" nginx "$@"; fi
}

reload_nginx() { for_each_place load_nginx "$1"; }

test_caddy() {
  image=$1
  shift
  configuration=$(caddy_configuration "$place") || return 1
  docker run "$@" --entrypoint caddy "$image" validate $configuration
}

load_caddy() {
  configuration=$(caddy_configuration "$1") || return 1
  docker exec "$1" caddy validate $configuration && docker exec "$1" caddy reload --force $configuration
}

caddy_configuration() {
  docker inspect --format '{{.Path}}{{println}}{{range .Args}}{{println .}}{{end}}' "$1" | awk '
    $0 == "run" { runs = 1 }
    /^(--config|-c|--adapter|-a)=/ { print }
    /^(--config|-c|--adapter|-a)$/ { option = $0; getline; print option, $0 }
    END { exit !runs }' || { echo 'it was not started by caddy run, so nobody knows which configuration it has' >&2; return 1; }
}

test_haproxy() {
  image=$1
  shift
  configuration=$(haproxy_configuration "$place") || return 1
  docker run "$@" --entrypoint haproxy "$image" -c $configuration
}

load_haproxy() {
  configuration=$(haproxy_configuration "$1") || return 1
  docker exec "$1" haproxy -c $configuration || return 1
  worker=$(ask_edge "$1" worker) || return 1
  master=$(docker exec "$1" cat "/proc/$worker/stat" | awk '{ print $4 }')
  [ "$(docker exec "$1" cat "/proc/$master/comm" 2>/dev/null)" = haproxy ] ||
    { echo 'it has no master that would start another worker; start it with -W, as the official image does'; return 1; }
  docker exec "$1" sh -c 'kill -USR2 "$1"' sh "$master" && await_other_worker "$1" "$worker"
}

await_other_worker() {
  give_up=$(($(uptime_seconds) + 20))
  until now=$(ask_edge "$1" worker) && [ "$now" != "$2" ]; do
    [ "$(uptime_seconds)" -lt "$give_up" ] || { echo 'it did not load its new configuration; its log says why'; return 1; }
    sleep 0.05
  done
}

haproxy_configuration() {
  docker inspect --format '{{.Path}}{{println}}{{range .Args}}{{println .}}{{end}}' "$1" | awk '
    /^-[fC]$/ { option = $0; getline; print option, $0; named = 1 }
    END { exit !named }' || { echo 'it was not started by haproxy -f, so nobody knows which configuration it has' >&2; return 1; }
}

test_traefik() { :; }
load_traefik() { :; }

link_traefik() {
  for folder in a b a-trial b-trial; do ln -sfn "../../traefik-$folder.conf" "$stack/edge/slots/$folder/traefik" || return 1; done
  ln -sfn live/traefik "$stack/edge/traefik.yml"
}

ask_traefik() {
  ask_place "$1" sh -c 'if command -v curl >/dev/null; then exec curl -sS -m 2 -o /dev/null -w "Location: %{redirect_url}\\n" http://127.0.0.1:9180/; fi
    if command -v nc >/dev/null; then printf "GET / HTTP/1.0\\r\\n\\r\\n" | nc -w 2 127.0.0.1 9180; exit; fi
    exec bash -c "exec 3<>/dev/tcp/127.0.0.1/9180; printf \\"GET / HTTP/1.0\\r\\n\\r\\n\\" >&3; cat <&3"' |
    tr -d '\\r' | sed -n 's|^Location: .*/\\([a-z-]*\\)$|\\1|p'
}

all_gone() {
  every=$(await_survey) && old=$(of_all old "$@") || return 1
  [ -z "$old" ] || { echo "still there: $(echo "$old" | tr '\\n' ' ')"; return 1; }
}

drop_networks() {
  await_engine
  networks=$(docker network ls --format '{{.Name}}') || return 1
  for network in $(printf '%s\\n' "$networks" | grep -xF -e "\${project}_slot-a" -e "\${project}_slot-b"); do
    inside=$(docker ps --all --quiet --no-trunc --filter "network=$network") || return 1
    for container in $inside; do docker network disconnect "$network" "$container" || return 1; done
    docker network rm "$network" >/dev/null || return 1
  done
  own=$(docker network ls --format '{{.Name}}' --filter "label=com.docker.compose.project=$project") || return 1
  for network in $own; do
    inside=$(docker ps --all --quiet --filter "network=$network") || return 1
    [ -n "$inside" ] || docker network rm "$network" >/dev/null || return 1
  done
}

forget_edge() { rm -rf "\${stack:?}/edge" && sync "$stack"; }

forget_stack() {
  rm -f "$stack/current" "$stack/.current" "$stack/edge/live" && rm -rf "\${stack:?}/releases" && sync "$stack" && forget_files || return 1
  rmdir "$stack/files" 2>/dev/null
  : >"$stack/removed" && sync "$stack/removed" && sync "$stack"
}

let_all_go() {
  await_engine
  tags=$(docker images --format '{{.Repository}}:{{.Tag}}' --filter "reference=estiba.invalid/held:$project.*") && each "$tags" docker image rm
}
`

/** src/compose/revive.sh */
export const reviveProgram = `
: "\${project:?}"

which_start() {
  for file in "\${XDG_RUNTIME_DIR:-/run}/docker.pid" /run/docker.pid; do
    start=$(awk '{ sub(/.*\\) /, ""); print $20 }' "/proc/$(cat "$file" 2>/dev/null)/stat" 2>/dev/null)
    [ -z "$start" ] || break
  done
  host=\${DOCKER_HOST:-unix:///var/run/docker.sock}
  [ -n "$start" ] || start=$(stat -c %Z "\${host#unix://}" 2>/dev/null) || return 1
  echo "$start $(cat /proc/sys/kernel/random/boot_id)"
}

start_all() {
  ended=$(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project" \\
    --filter label=com.docker.compose.oneoff=False --filter status=exited) || return 1
  [ -n "$ended" ] || return 0
  described=$(docker inspect --format \\
    '{{if index .Config.Labels "estiba.definition"}}2{{else}}1{{end}} {{.Created}} {{.Id}} {{.HostConfig.RestartPolicy.Name}} {{.State.ExitCode}}' $ended) || return 1
  failed=0
  for container in $(printf '%s\\n' "$described" | sort |
    awk '$4 == "always" || $4 == "unless-stopped" || ($4 == "on-failure" && $5 != 0) { print $3 }'); do
    docker start "$container" || failed=1
  done
  return "$failed"
}

join_slots() {
  running=$(docker ps --no-trunc --format '{{.ID}} {{.Label "com.docker.compose.project"}}/{{.Label "com.docker.compose.service"}} {{.Label "com.docker.compose.oneoff"}} ,{{.Networks}},') || return 1
  for service; do
    case $service in */*) owner=$service names='' ;; *) owner=$project/$service names="--alias $service" ;; esac
    for network in "\${project}_slot-a" "\${project}_slot-b"; do
      apart=$(printf '%s\\n' "$running" | awk -v owner="$owner" -v network=",$network," '$2 == owner && $3 == "False" && !index($4, network) { print $1 }')
      for container in $apart; do docker network connect $names "$network" "$container" || return 1; done
    done
  done
}

case \${1:-} in
  which) which_start ;;
  join) join_slots $(cat "\${0%/*}/current/../joins") ;;
  *) start_all ;;
esac
`

/** src/stack/observe.sh */
export const observeProgram = `export LC_ALL=C
stack=$1 project=$2
fact() { printf '%s\\t%s\\n' "$1" "$2"; }

bounded() {
  command -v timeout >/dev/null 2>&1 || { "$@"; return; }
  timeout 10 "$@"
  ended=$?
  [ "$ended" != 143 ] || ended=124
  return "$ended"
}

at_once() {
  first=$1
  shift
  if [ $# -eq 0 ]; then "$first"; else "$first" </dev/null | { at_once "$@" </dev/null; cat; }; fi
}

find_plugin() {
  plugin='' settings=\${DOCKER_CONFIG:-\${HOME:-}/.docker}
  ! grep -qs cliPluginsExtraDirs "$settings/config.json" || return 0
  for plugin in "$settings" /usr/local/lib/docker /usr/local/libexec/docker /usr/lib/docker /usr/libexec/docker; do
    plugin=$plugin/cli-plugins/docker-compose
    if [ -f "$plugin" ] && [ -x "$plugin" ]; then return 0; fi
  done
  plugin=''
}

docker_compose() {
  find_plugin
  if [ -n "$plugin" ]; then \${within:-} "$plugin" "$@"; else \${within:-} docker compose "$@"; fi
}

host_facts() {
  fact epoch "$(date +%s)"
  fact user "$(id -un)"
  fact shell "\${SHELL:-}"
  for tool in docker flock setsid timeout tar gzip sha256sum sync awk xargs mktemp; do
    command -v "$tool" >/dev/null 2>&1 || fact missing "$tool"
  done
  fact system "$(sed -n 's/^ID\\(_LIKE\\)*=//p' /etc/os-release 2>/dev/null | tr -d '"' | tr '\\n' ' ')"
  awk '
    $1 == "MemTotal:" { print "memory-total-kib\\t" $2 }
    $1 == "MemAvailable:" { print "memory-kib\\t" $2 }' /proc/meminfo
  memory_facts
  for emulator in /proc/sys/fs/binfmt_misc/qemu-* /proc/sys/fs/binfmt_misc/rosetta; do
    [ ! -e "$emulator" ] || fact emulator "\${emulator##*/}"
  done
}

memory_facts() {
  set --
  for group in /sys/fs/cgroup/docker/* /sys/fs/cgroup/system.slice/docker-*.scope /sys/fs/cgroup/memory/docker/* \\
    /sys/fs/cgroup/user.slice/user-*.slice/user@*.service/*/docker-*.scope; do
    for file in memory.stat memory.current memory.usage_in_bytes; do
      [ ! -r "$group/$file" ] || set -- "$@" "$group/$file"
    done
  done
  [ $# -eq 0 ] || awk '
    $1 == "inactive_file" || $1 == "total_inactive_file" { inactive = $2 }
    FILENAME !~ /stat$/ { sub(/\\/[^\\/]*$/, "", FILENAME); print "uses\\t" FILENAME " " $1 - inactive; inactive = 0 }' "$@" 2>/dev/null
}

port_facts() {
  set -- /etc/passwd
  for table in /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6; do
    [ ! -r "$table" ] || set -- "$@" "$table"
  done
  awk '
    FILENAME == "/etc/passwd" { split($0, field, ":"); name[field[3]] = field[1]; next }
    { protocol = FILENAME ~ /tcp/ ? "tcp" : "udp" }
    $4 == (protocol == "tcp" ? "0A" : "07") { print "listening\\t" protocol " " $2 " " ($8 in name ? name[$8] : $8) }' "$@"
  if [ -r /proc/sys/net/ipv4/ip_unprivileged_port_start ]; then
    fact unprivileged-port-start "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)"
  fi
}

space() {
  fact "$1" "$({ stat -c %d "$2" && df -Pk "$2" && df -Pi "$2"; } 2>/dev/null |
    awk 'NR == 1 { number = $1 } NR == 3 { free = $4 } NR == 5 { left = $4; all = $2 } END { if (free != "") print number, free, left + 0, all + 0 }')"
}

folder_facts() {
  nearest=$stack
  while [ ! -d "$nearest" ]; do
    if [ -e "$nearest" ] || [ -L "$nearest" ]; then fact no-folder "$nearest"; fi
    nearest=$(dirname "$nearest")
  done
  fact nearest "$nearest"
  fact real-path "$(cd "$nearest" 2>/dev/null && pwd -P)\${stack#"$nearest"}"
  space disk "$nearest"
  fact mount "$(df -Pk "$nearest" 2>/dev/null | awk 'NR == 2 { print $6 }' | mount_options)"
  said=$(trial "$nearest" 2>&1) || fact trial "$(printf '%s\\n' "$said" | tail -n 1): $(printf '%s\\n' "$said" | head -n 1)"
  for part in lock ledger.jsonl open releases files transactions backups project; do
    if [ -e "$stack/$part" ] && [ ! -w "$stack/$part" ]; then fact foreign "$stack/$part"; fi
  done
}

mount_options() { read -r place && awk -v place="$place" '$2 == place { found = $3 " " $4 } END { print found }' /proc/mounts; }

trial() {
  part='make a folder'
  place=$(mktemp -d "$1/.estiba-trial-XXXXXX") && {
    part='write' && echo trial >"$place/file" &&
      part='sync' && sync "$place/file" && sync "$place" &&
      part='make a symbolic link' && ln -s file "$place/link" && ln -s other "$place/next" &&
      part='rename over a link' && mv -T "$place/next" "$place/link" && [ "$(readlink "$place/link")" = other ] &&
      part='lock a file' && (flock -n 9) 9>"$place/lock" && part=''
    rm -rf "$place"
  }
  [ -z "$part" ] || { echo "$part"; return 1; }
}

engine_facts() {
  command -v docker >/dev/null 2>&1 || return 0
  fact docker "$(command -v docker)"
  [ -z "\${DOCKER_HOST:-}" ] || fact docker-host "$DOCKER_HOST"
  engine=$(bounded docker version --format '{{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}}' 2>&1)
  case $? in
    0) fact engine "$engine" ;;
    124) fact engine-error 'it did not answer within 10 s'; fact socket hangs; why_no_engine ;;
    *) fact engine-error "$(printf '%s' "$engine" | tail -n 1)"; why_no_engine ;;
  esac
}

why_no_engine() {
  endpoint=$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null)
  fact endpoint "$endpoint"
  socket=\${endpoint#unix://}
  if [ "$socket" != "$endpoint" ]; then
    if [ ! -S "$socket" ]; then fact socket missing
    elif [ ! -w "$socket" ]; then fact socket denied
    else fact socket silent; fi
  fi
  if [ ! -w "$socket" ] && command -v sudo >/dev/null 2>&1 && bounded sudo -n docker version >/dev/null 2>&1; then fact sudo yes; fi
  for other in "\${XDG_RUNTIME_DIR:-/nowhere}/docker.sock" "/run/user/$(id -u)/docker.sock" /var/run/docker.sock; do
    if [ "$other" != "$socket" ] && [ -S "$other" ] && bounded docker --host "unix://$other" version >/dev/null 2>&1; then
      fact other-engine "unix://$other"
      break
    fi
  done
}

compose_facts() {
  if compose=$(within=bounded docker_compose version --short 2>/dev/null); then fact compose "$compose"; fi
  if command -v docker-compose >/dev/null 2>&1; then fact docker-compose "$(command -v docker-compose)"; fi
}

container_facts() {
  list=$(bounded docker ps --all --no-trunc --format '{{.ID}}	{{.Names}}	{{.Label "com.docker.compose.project"}}	{{.Ports}}	{{.Mounts}}' 2>/dev/null) || { fact failed 'docker ps'; return 0; }
  printf '%s\\n' "$list" | awk -F '\\t' '$4 != "" { print "published\\t" $2 "\\t" $3 "\\t" $4 }'
  containers=$(printf '%s\\n' "$list" | awk -F '\\t' -v project="$project" -v edge=",$stack/edge," '$3 == project || index("," $5 ",", edge) { print $1 }')
  described=$([ -z "$containers" ] || bounded docker inspect $containers --format \\
    '{{if eq (index .Config.Labels "com.docker.compose.project") "'"$project"'"}}container{{else}}outside{{end}}	{"id":{{json .Id}},"name":{{json .Name}},"status":{{json .State.Status}},"labels":{{json .Config.Labels}},"mounts":{{json .Mounts}},"image":{{json .Config.Image}},"networks":[{{$comma := ""}}{{range $name, $_ := .NetworkSettings.Networks}}{{$comma}}{{json $name}}{{$comma = ","}}{{end}}],"restart":{{json .HostConfig.RestartPolicy.Name}},"exposed":{{json (index .Config "ExposedPorts")}},"files":{{json .ResolvConfPath}}}' 2>/dev/null) ||
    [ $? -ne 124 ] || fact failed 'docker inspect'
  printf '%s\\n' "$described"
  data_root_facts "$(printf '%s\\n' "$described" | sed -n 's|.*"files":"\\(/.*\\)/containers/[0-9a-f]*/resolv.conf"}$|\\1|p' | head -n 1)"
}

data_root_facts() {
  data_root=$1
  if [ -z "$data_root" ]; then
    info=$(bounded docker info --format '{{.DockerRootDir}}	{{.SecurityOptions}}' 2>/dev/null) || return 0
    data_root=\${info%%	*}
    case $info in *name=rootless*) fact rootless yes ;; esac
  fi
  [ -z "$data_root" ] || { fact data-root "$data_root"; space data-disk "$data_root"; }
}

network_facts() {
  networks=$(bounded docker network ls --quiet 2>/dev/null) || fact failed 'docker network ls'
  [ -z "$networks" ] || bounded docker network inspect --format 'network	{{.Name}}{{range .IPAM.Config}} {{.Subnet}}{{end}}' $networks 2>/dev/null
  awk 'NR > 1 { print "route\\t" $2 " " $8 }' /proc/net/route 2>/dev/null
}

image_facts() {
  bounded docker images --digests --format 'image	{{.Repository}}@{{.Digest}}
image	{{.Repository}}:{{.Tag}}' 2>/dev/null || fact failed 'docker images'
}

edge_configuration() { cd "$stack/edge" && for file in ./*.*; do [ -L "$file" ] || cat "$file" || return 1; done && find own -type f -exec sha256sum {} + | sort -k 2; }

nginx_facts() {
  for nginx in nginx /usr/sbin/nginx; do
    command -v "$nginx" >/dev/null 2>&1 || continue
    if [ "$(id -u)" = 0 ] || bounded sudo -n -l nginx -s reload >/dev/null 2>&1; then fact nginx ready; else fact nginx refused; fi
    return
  done
}

rolled_to() {
  led=$(cd "$stack/edge/slots/rolling" && echo ./*.b) every=$(cd "$stack/edge/slots/b" && echo ./*.b)
  case $led in './*.b') echo a ;; "$every") echo b ;; *) echo rolling ;; esac
}

stack_facts() {
  case $(crontab -l 2>&1; echo "code $?") in *'code 0' | *'no crontab'* | *'No such file'*) fact cron yes ;; *) fact cron no ;; esac
  if [ -L "$stack/current" ]; then
    current=$(readlink "$stack/current")
    fact current "\${current#releases/}"
  fi
  if [ -L "$stack/edge/live" ]; then
    slot=$(readlink "$stack/edge/live")
    [ "$slot" != slots/rolling ] || slot=$(rolled_to)
    fact edge "\${slot##*/} $(edge_configuration 2>/dev/null | sha256sum | cut -c 1-16)"
  fi
  for env in "$stack"/current/.env "$stack"/releases/*/*/.env "$stack"/releases/*/.env; do
    [ ! -f "$env" ] || sed -n 's/^COMPOSE_PROJECT_NAME=/owner	/p' "$env"
  done | head -n 1
  for manifest in "$stack"/releases/*/manifest.json; do
    [ -f "$manifest" ] && fact manifest "$(tr -d '\\n' <"$manifest")"
  done
  if [ -f "$stack/ledger.jsonl" ]; then
    fact ledger-length "$(wc -l <"$stack/ledger.jsonl")"
    tail -n 100 "$stack/ledger.jsonl" | awk '{ print "ledger\\t" $0 }'
  fi
  if [ -f "$stack/open" ]; then
    open=$(cat "$stack/open")
    fact open "$open"
    fact open-by "{$(cat "$stack/transactions/$open/plan/ledger" 2>/dev/null)}"
  fi
}

fact observation 1
host_facts
at_once image_facts container_facts network_facts port_facts compose_facts engine_facts folder_facts nginx_facts stack_facts
fact observed 1
`
