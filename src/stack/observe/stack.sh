# The stack as Estiba left it.

# What the edges are told, in one order: what is generated, and of the team's own the checksums. A link leads to what was told.
edge_configuration() { cd "$stack/edge" && for file in ./*.*; do [ -L "$file" ] || cat "$file" || return 1; done && find own -type f -exec sha256sum {} + | sort -k 2; }

# Whether the server's own nginx may be told to load its configuration: what sudo allows is asked, and not done.
nginx_facts() {
  for nginx in nginx /usr/sbin/nginx; do
    command -v "$nginx" >/dev/null 2>&1 || continue
    if [ "$(id -u)" = 0 ] || bounded sudo -n -l nginx -s reload >/dev/null 2>&1; then fact nginx ready; else fact nginx refused; fi
    return
  done
}

# Where services are led one by one: the slot that all are led to; else `rolling`.
rolled_to() {
  led=$(cd "$stack/edge/slots/rolling" && echo ./*.b) every=$(cd "$stack/edge/slots/b" && echo ./*.b)
  case $led in './*.b') echo a ;; "$every") echo b ;; *) echo rolling ;; esac
}

stack_facts() {
  case $(crontab -l 2>&1; echo "code $?") in *'code 0' | *'no crontab'* | *'No such file'*) fact cron yes ;; *) fact cron no ;; esac
  if [ -L "$stack/current" ]; then
    current=$(readlink "$stack/current")
    fact current "${current#releases/}"
  fi
  if [ -L "$stack/edge/live" ]; then
    slot=$(readlink "$stack/edge/live")
    [ "$slot" != slots/rolling ] || slot=$(rolled_to)
    fact edge "${slot##*/} $(edge_configuration 2>/dev/null | sha256sum | cut -c 1-16)"
  fi
  for env in "$stack"/current/.env "$stack"/releases/*/*/.env "$stack"/releases/*/.env; do
    [ ! -f "$env" ] || sed -n 's/^COMPOSE_PROJECT_NAME=/owner	/p' "$env"
  done | head -n 1
  for manifest in "$stack"/releases/*/manifest.json; do
    [ -f "$manifest" ] && fact manifest "$(tr -d '\n' <"$manifest")"
  done
  if [ -f "$stack/ledger.jsonl" ]; then
    fact ledger-length "$(wc -l <"$stack/ledger.jsonl")"
    tail -n 100 "$stack/ledger.jsonl" | awk '{ print "ledger\t" $0 }'
  fi
  if [ -f "$stack/open" ]; then
    open=$(cat "$stack/open")
    fact open "$open"
    fact open-by "{$(cat "$stack/transactions/$open/plan/ledger" 2>/dev/null)}"
  fi
}
