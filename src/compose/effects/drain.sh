# Visitors' connections with what is about to end.

# drain SECONDS SUBNET EDGE...: until no running EDGE has a connection into that /24 any more. Never a failure: what is there
# was replaced already, and must end.
drain() {
  left=0 within=$1 subnet=$2 give_up=$(($(uptime_seconds) + $1))
  shift 2
  everywhere=$(for edge; do places_of "$edge"; done)
  while :; do
    left=$(for place in $everywhere; do connections_of "$place"; done | in_subnet "$subnet" | grep -c .)
    [ "$left" -gt 0 ] || return 0
    [ "$(uptime_seconds)" -lt "$give_up" ] || break
    sleep 0.2
  done
  echo "still open after $within s, and cut: $left connections of visitors, such as WebSockets"
}

# https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html
connections_of() { ask_place "$1" cat /proc/net/tcp 2>/dev/null; }

# in_subnet A.B.C.0/24: those lines of /proc/net/tcp that are established with an address in it. There the bytes of an address
# are in the host's order, lowest first.
in_subnet() {
  awk -v start="$(echo "$1" | awk -F '[./]' '{ printf "%02X%02X%02X", $3, $2, $1 }')" '$4 == "01" && substr($3, 3, 6) == start'
}
