# The switch between the slots.

# switch_edge FOLDER: one rename. The next request goes where it leads.
switch_edge() {
  ln -sfn "slots/$1" "$stack/edge/.live" && mv -T "$stack/edge/.live" "$stack/edge/live" && sync "$stack/edge"
}

# let_ask SLOT: the edge leads a request with the transaction's token to that slot, and all others where it did.
let_ask() {
  asked=$stack/edge/asked
  token=$(printf '%s.%s' "${ESTIBA_TX##*/}" "$(cat "$ESTIBA_TX/plan/nonce")" | sha256sum | cut -c 1-32) || return 1
  rm -rf "$asked" && mkdir "$asked" && : >"$asked/$token.$1" && chmod -R a+rX "$asked"
}
end_asking() { rm -rf "$stack/edge/asked"; }

# see_edge FOLDER|SERVICE/SLOT EDGE...: the switch counts when a worker of each running edge says so, of all or of one service.
see_edge() {
  wanted=${1##*/} asked='' give_up=$(($(uptime_seconds) + 15))
  case $1 in */*) asked=service/${1%/*} ;; esac
  shift
  for edge; do
    found=$(places_of "$edge") || return 1
    [ -n "$found" ] || { echo "$edge does not run"; return 1; }
    for place in $found; do
      ask=ask_edge
      if [ -f "$stack/edge/traefik-a.conf" ] && [ "$(program_at "$place")" = traefik ]; then ask=ask_traefik; fi
      until seen=$("$ask" "$place" "$asked" 2>&1) && [ "${seen##*_}" = "$wanted" ]; do
        [ "$(uptime_seconds)" -lt "$give_up" ] || {
          echo "$edge was to lead ${asked:+${asked#*/} }to slot $wanted, but says: $seen"
          echo "does its configuration include what Estiba writes for it (docs/recipes.md), was it reloaded since, and can its workers read $stack/edge?"
          return 1
        }
        sleep 0.05
      done
    done
  done
}

# ask_edge PLACE [PATH]: with whatever it has to ask with. It may be the edge of several stacks.
ask_edge() {
  # shellcheck disable=SC2016 # the inner shell's
  ask_place "$1" sh -c 'url=http://127.0.0.1:9180/$2 host="Host: $1.estiba"
    if command -v curl >/dev/null; then exec curl -fsS -m 2 -H "$host" "$url"; fi
    if command -v wget >/dev/null; then exec wget -q -T 2 --header "$host" -O - "$url"; fi
    exec bash -c "exec 3<>/dev/tcp/127.0.0.1/9180; printf \"GET /$2 HTTP/1.0\r\n$host\r\n\r\n\" >&3; tail -n 1 <&3"' sh "$project" "${2:-}"
}
