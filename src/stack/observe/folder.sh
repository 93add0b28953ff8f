# The stack's folder, or the nearest one above it that is there, and whether what a transaction does works in it.

folder_facts() {
  nearest=$stack
  while [ ! -d "$nearest" ]; do
    if [ -e "$nearest" ] || [ -L "$nearest" ]; then fact no-folder "$nearest"; fi
    nearest=$(dirname "$nearest")
  done
  fact nearest "$nearest"
  fact real-path "$(cd "$nearest" 2>/dev/null && pwd -P)${stack#"$nearest"}"
  space disk "$nearest"
  fact mount "$(df -Pk "$nearest" 2>/dev/null | awk 'NR == 2 { print $6 }' | mount_options)"
  said=$(trial "$nearest" 2>&1) || fact trial "$(printf '%s\n' "$said" | tail -n 1): $(printf '%s\n' "$said" | head -n 1)"
  for part in lock ledger.jsonl open releases files transactions backups project; do
    if [ -e "$stack/$part" ] && [ ! -w "$stack/$part" ]; then fact foreign "$stack/$part"; fi
  done
}

# Type and options of the file system whose place is on stdin.
mount_options() { read -r place && awk -v place="$place" '$2 == place { found = $3 " " $4 } END { print found }' /proc/mounts; }

# trial FOLDER: what every transaction does, tried out and taken away. Prints, last, which part failed.
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
