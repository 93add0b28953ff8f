# What is on disk of a transaction: its journal, and the tables of its plan.

uptime_seconds() { read -r up _ </proc/uptime && echo "${up%%.*}"; }
records() { if [ -f "$journal" ]; then wc -l <"$journal"; else echo 0; fi; }

# replace FILE: with standard input; it is the old one or the whole new one at any time.
replace() { cat >"$1.new" && sync "$1.new" && mv "$1.new" "$1"; }

# cut_torn_tail FILE: a crash may leave half a line at the end; the next one must not be glued to it. Needs no space.
cut_torn_tail() {
  written=
  [ -s "$1" ] && [ -n "$(tail -c 1 "$1" | tr '\0' '?')" ] || return 0
  truncate -s "$(head -n "$(wc -l <"$1")" "$1" | wc -c)" "$1" && sync "$1"
}

# record TYPE [ARG...]: on disk when this succeeds. Fields: number, epoch seconds, uptime seconds, type, arguments. A deploy
# waits for some forty of them, so what can be known without a process of its own is.
record() {
  written=${written:-$(records)}
  read -r up _ </proc/uptime
  line="$((written + 1)) $(date +%s) ${up%%.*} $*"
  if printf '%s\n' "$line" >>"$journal" && sync "$journal"; then written=$((written + 1)); return 0; fi
  cut_torn_tail "$journal"
  return 1
}

has() { [ -f "$journal" ] && awk -v want="$*" '{ $1 = $2 = $3 = ""; sub(/^ +/, "") } $0 == want { found = 1 } END { exit !found }' "$journal"; }
last_of() { [ -f "$journal" ] && awk -v type="$1" '$4 == type { found = $5 } END { print found }' "$journal"; }
count_of() { awk -v type="$1" '$4 == type { n++ } END { print n + 0 }' "$journal"; }
is_over() { [ -n "$(last_of ended)" ]; }

# look_up TABLE KEY1 KEY2: the remaining fields of the first row that matches; `*` in the table matches anything.
look_up() { awk -v a="$2" -v b="$3" '($1 == a || $1 == "*") && $2 == b { print $3, $4; exit }' "$tx/plan/$1"; }
limit() { awk -v name="$1" '$1 == name { print $2 }' "$tx/plan/limits"; }
