# Who waits for the lock gets it in the order of arrival. A ticket is a file in `waiting`, its name a number.

tickets() { for ticket in "$stack"/waiting/[0-9]*; do [ ! -f "$ticket" ] || echo "${ticket##*/}"; done | sort -n; }

# first_waiting: the transaction with the lowest ticket whose agent lives; the tickets of others are removed.
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
  my_ticket=$((${my_ticket:-0} + 1))
  until ln "$stack/waiting/.$id" "$stack/waiting/$my_ticket" 2>/dev/null; do
    [ -f "$stack/waiting/$my_ticket" ] || return 1
    my_ticket=$((my_ticket + 1))
  done
}

return_ticket() { rm -f "$stack/waiting/${my_ticket:-.$id}" "$stack/waiting/.$id"; }
