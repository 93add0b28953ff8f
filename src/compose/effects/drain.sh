# Visitors' connections with what is about to end.

# drain SECONDS ADDRESSES EDGE...: until no running EDGE has a connection with them any more: a /24, or some apart by commas. Never a failure: what is there
# was replaced already, and must end.
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

# https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html
connections_of() { ask_place "$1" cat /proc/net/tcp 2>/dev/null; }

# in_addresses A.B.C.0/24|A.B.C.D,A.B.C.E: those lines of /proc/net/tcp that are established with one of them. There the bytes of
# an address are in the host's order, lowest first.
in_addresses() {
  awk -v wanted="$(printf '%s\n' "$1" | tr , '\n' | awk -F '[./]' '{ printf "%s%02X%02X%02X ", (NF == 5 ? "" : sprintf("%02X", $4)), $3, $2, $1 }')" '
    BEGIN { count = split(wanted, any, " ") }
    $4 == "01" { for (i = 1; i <= count; i++) if (substr($3, 9 - length(any[i]), length(any[i])) == any[i]) { print; next } }'
}
