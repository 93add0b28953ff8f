# Traefik as an edge. It has no way to try a configuration, and needs none to load one: it watches the folder.

test_traefik() { :; }
load_traefik() { :; }

# Each folder that `live` can lead to leads to the configuration for it, and so does what Traefik reads.
link_traefik() {
  for folder in a b a-trial b-trial; do ln -sfn "../../traefik-$folder.conf" "$stack/edge/slots/$folder/traefik" || return 1; done
  ln -sfn live/traefik "$stack/edge/traefik.yml"
}

# ask_traefik PLACE: it can answer with nothing but a redirect: to the name of the folder.
ask_traefik() {
  # shellcheck disable=SC2016 # the inner shell's
  ask_place "$1" sh -c 'if command -v curl >/dev/null; then exec curl -sS -m 2 -o /dev/null -w "Location: %{redirect_url}\n" http://127.0.0.1:9180/; fi
    if command -v nc >/dev/null; then printf "GET / HTTP/1.0\r\n\r\n" | nc -w 2 127.0.0.1 9180; exit; fi
    exec bash -c "exec 3<>/dev/tcp/127.0.0.1/9180; printf \"GET / HTTP/1.0\r\n\r\n\" >&3; cat <&3"' |
    tr -d '\r' | sed -n 's|^Location: .*/\([a-z-]*\)$|\1|p'
}
