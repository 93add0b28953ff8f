# The minute job: a line of the user's crontab that recovers. What cron's environment lacks is kept in the stack's folder.

mark="# estiba $stack"

remember_environment() {
  env | grep -E '^(PATH|DOCKER_[A-Z]+|XDG_RUNTIME_DIR)=' | replace "$stack/environment"
}

restore_environment() {
  [ -f "$stack/environment" ] || return 0
  while IFS= read -r variable; do export "${variable?}"; done <"$stack/environment"
}

# The host's own: a BusyBox shell brings another, of a cron that may not run here.
find_crontab() (
  IFS=:
  for folder in $PATH; do
    if [ -x "$folder/crontab" ]; then echo "$folder/crontab"; return; fi
  done
  return 1
)

# edit_crontab [LINE]: the table without the lines of this stack, then that line; all others stay as they are. Nothing is
# done where the table can't be read for another reason than that there is none, which only its words tell. The lock is
# for other stacks of the same user.
edit_crontab() {
  crontab=$(find_crontab) || return 0
  old=$stack/.crontab.$$
  {
    flock 8
    if timeout 10 "$crontab" -l >"$old" 2>"$old.why" 8>&- 9>&- || grep -q -e 'no crontab' -e 'No such file' "$old.why"; then
      awk -v mark="$mark" -v line="${1:-}" '
        substr($0, length($0) - length(mark) + 1) != mark { print }
        END { if (line != "") print line }' "$old" >"$old.new"
      cmp -s "$old" "$old.new" || timeout 10 "$crontab" - <"$old.new" 8>&- 9>&-
    fi
  } >/dev/null 2>&1 8<"${HOME:-/}"
  rm -f "$old" "$old.why" "$old.new"
}

add_minute_job() { edit_crontab "* * * * * sh $stack/agent recover $stack >/dev/null 2>&1 $mark"; }
remove_minute_job() { edit_crontab; }

# A stack that was removed needs none, as soon as nothing is open. The caller holds the lock.
leave_what_was_removed() { [ ! -f "$stack/removed" ] || [ -f "$stack/open" ] || remove_minute_job; }
