# The verbs of those who visit the agent: say, and follow.

is_known() { [ -d "$tx" ] || { echo "there is no transaction $id in $stack" >&2; return 6; }; }

# number_of ID: the place in the inbox of the word with that id.
number_of() {
  number=1
  while [ -f "$tx/inbox/$number" ]; do
    read -r known _ <"$tx/inbox/$number"
    [ "$known" != "$1" ] || { echo "$number"; return; }
    number=$((number + 1))
  done
  return 1
}

# put ID WORD [ARG...]: into the inbox, once, however often it is said. Prints its number. On a full disk the space that is
# set aside for going back is given to the word that asks for it.
put() {
  {
    flock 8
    number_of "$1" && return
    write_word "$@" 2>/dev/null || { [ "$2" = abort ] && rm -f "$tx/reserve" && write_word "$@"; } || return
    mv "$tx/inbox/.new" "$tx/inbox/$number" && echo "$number"
  } 8<"$tx/inbox"
}

write_word() { printf '%s\n' "$*" >"$tx/inbox/.new"; }

# may_be_said NONCE WORD [ARG]: by the table of the plan.
may_be_said() {
  key=$2 state=$(last_of state)
  [ "$2" = advance ] && key=advance:$3
  rule=$(look_up verbs "$state" "$key")
  [ -n "$rule" ] || { echo "refused state-$state"; return 3; }
  [ "${rule%% *}" = any ] || [ "$1" = "$(cat "$tx/plan/nonce")" ] || { echo 'refused not-owner'; return 3; }
}

# say NONCE ID RECORD WORD [ARG]: followed from that record on; 0 is for where the agent begins to hear the word.
say() {
  is_known || return
  nonce=$1 word_id=$2 from=$3
  shift 3
  length=$(records)
  if ! number=$(number_of "$word_id"); then
    is_alive "$id" || is_over || { echo gone; return 5; }
    if is_over; then follow "$(records)"; return; fi
    # Said by another connection just now, it may have been heard, and be none for the state that it led to.
    if ! refusal=$(may_be_said "$nonce" "$@") && ! number_of "$word_id" >/dev/null; then echo "$refusal"; return 3; fi
    number=$(put "$word_id" "$@") || return 1
    # shellcheck disable=SC2016 # the inner shell's
    timeout 2 sh -c ': >"$1"' sh "$tx/door" </dev/null >/dev/null 2>&1 &
  fi
  heard_from=$(awk -v before="$((number - 1))" '$4 == "waiting" && $7 == before { print $1 + 1; exit }' "$journal")
  [ "$from" -gt 0 ] || from=${heard_from:-$((length + 1))}
  follow "$from" "$number"
}

# holder TX: who holds the stack, for the one who waits for it, as one object of JSON behind `> `.
holder() {
  of=$stack/transactions/$1
  [ -n "$1" ] && [ -f "$of/journal" ] || return 0
  read -r since at <<EOT
$(awk 'NR == 1 { since = $2 } $4 == "state" { at = $5 } $4 == "undoing" || $4 == "committed" { at = $4 }
  END { print since, at }' "$of/journal")
EOT
  printf '> {"tx":"%s","since":%s,"state":"%s",%s}\n' "$1" "$since" "$at" "$(cat "$of/plan/ledger")"
}

# The last lines, whole: of one that is cut, a secret's rest would be shown, which no mask knows.
quoted() {
  [ -f "$1" ] || return 0
  tail -c 6000 "$1" | awk -v cut="$(($(wc -c <"$1") > 6000))" \
    'NR > cut { print "> " $0 } END { if (cut && NR <= cut) print "> (a line of more than 6000 bytes)" }'
}

# After the terminal record the agent still writes the ledger, and frees the stack; whoever is told of the end may look there at
# once. Should it have died before that, it is done now: nobody asks for a transaction that has ended.
wait_for_its_end() {
  patience=100
  while [ "$patience" -gt 0 ] && is_alive "$id"; do
    sleep 0.05
    patience=$((patience - 1))
  done
  [ "$(what_is_open)" != "$id" ] || is_alive "$id" || sh "$0" recover "$stack" >/dev/null 2>&1 </dev/null || true
}

# follow RECORD [WORD]: until the agent waits, having heard the word of that number, or has ended. A step that begins is
# followed by its title behind `#`, one that ended by what it printed, each line behind `> `. If it waits already, or has ended
# and that was told on a connection that was lost then, the last record is repeated rather than waited for.
follow() {
  next=$1 unheard=${2:-0} patience=10 looks=0
  if [ -f "$journal" ]; then
    next=$(awk -v from="$1" -v word="${2:-}" '
      END { print (NR < from && ($4 == "ended" || (word != "" && $4 == "waiting" && $7 >= word))) ? NR : from }' "$journal")
  fi
  while :; do
    while [ "$next" -le "$(records)" ]; do
      line=$(sed -n "${next}p" "$journal")
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
          [ "${third:-0}" -lt "$unheard" ] && continue
          unheard=0
          [ "$next" -le "$(records)" ] || return 0 ;;
      esac
    done
    # Twenty looks a second, two of them at who writes: five seconds for an agent that has yet to begin, one for one that was there.
    if [ "$looks" = 0 ]; then
      looks=10
      if is_alive "$id"; then patience=10; elif [ -f "$tx/pid" ] && [ "$patience" -gt 2 ]; then patience=2; else patience=$((patience - 1)); fi
      [ "$patience" -gt 0 ] || { echo gone; return 5; }
    fi
    looks=$((looks - 1))
    sleep 0.05
  done
}
