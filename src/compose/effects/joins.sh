# Who is in the networks of both slots.

# join_slots SERVICE...: the running containers of what stays are in both slots, under their service's name. An edge of another
# stack (PROJECT/SERVICE) has no name there: it is nobody whom a service of this one looks for.
join_slots() {
  running=$(docker ps --no-trunc --format '{{.ID}} {{.Label "com.docker.compose.project"}}/{{.Label "com.docker.compose.service"}} {{.Label "com.docker.compose.oneoff"}} ,{{.Networks}},') || return 1
  for service; do
    case $service in */*) owner=$service names='' ;; *) owner=$project/$service names="--alias $service" ;; esac
    for network in "${project}_slot-a" "${project}_slot-b"; do
      apart=$(printf '%s\n' "$running" | awk -v owner="$owner" -v network=",$network," '$2 == owner && $3 == "False" && !index($4, network) { print $1 }')
      # shellcheck disable=SC2086 # an option and its value
      for container in $apart; do docker network connect $names "$network" "$container" || return 1; done
    done
  done
}
