# The Docker engine, its client and its plugins. Each function is one or two requests to the engine.

engine_facts() {
  command -v docker >/dev/null 2>&1 || return 0
  fact docker "$(command -v docker)"
  [ -z "${DOCKER_HOST:-}" ] || fact docker-host "$DOCKER_HOST"
  engine=$(bounded docker version --format '{{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}}' 2>&1)
  case $? in
    0) fact engine "$engine" ;;
    124) fact engine-error 'it did not answer within 10 s'; fact socket hangs; why_no_engine ;;
    *) fact engine-error "$(printf '%s' "$engine" | tail -n 1)"; why_no_engine ;;
  esac
}

# Where the client looks, what is there, and by which other way an engine can be had.
why_no_engine() {
  endpoint=$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null)
  fact endpoint "$endpoint"
  socket=${endpoint#unix://}
  if [ "$socket" != "$endpoint" ]; then
    if [ ! -S "$socket" ]; then fact socket missing
    elif [ ! -w "$socket" ]; then fact socket denied
    else fact socket silent; fi
  fi
  if [ ! -w "$socket" ] && command -v sudo >/dev/null 2>&1 && bounded sudo -n docker version >/dev/null 2>&1; then fact sudo yes; fi
  for other in "${XDG_RUNTIME_DIR:-/nowhere}/docker.sock" "/run/user/$(id -u)/docker.sock" /var/run/docker.sock; do
    if [ "$other" != "$socket" ] && [ -S "$other" ] && bounded docker --host "unix://$other" version >/dev/null 2>&1; then
      fact other-engine "unix://$other"
      break
    fi
  done
}

compose_facts() {
  if compose=$(within=bounded docker_compose version --short 2>/dev/null); then fact compose "$compose"; fi
  if command -v docker-compose >/dev/null 2>&1; then fact docker-compose "$(command -v docker-compose)"; fi
}

# Of all containers, which ports they publish; whole those of the stack, and others that mount the folder of its switch; and
# where the engine keeps all of it.
container_facts() {
  list=$(bounded docker ps --all --no-trunc --format '{{.ID}}	{{.Names}}	{{.Label "com.docker.compose.project"}}	{{.Ports}}	{{.Mounts}}' 2>/dev/null) || { fact failed 'docker ps'; return 0; }
  printf '%s\n' "$list" | awk -F '\t' '$4 != "" { print "published\t" $2 "\t" $3 "\t" $4 }'
  containers=$(printf '%s\n' "$list" | awk -F '\t' -v project="$project" -v edge=",$stack/edge," '$3 == project || index("," $5 ",", edge) { print $1 }')
  # A container that is gone by now is left out.
  # shellcheck disable=SC2086,SC2016 # a list of ids; a template of Go's
  described=$([ -z "$containers" ] || bounded docker inspect $containers --format \
    '{{if eq (index .Config.Labels "com.docker.compose.project") "'"$project"'"}}container{{else}}outside{{end}}	{"id":{{json .Id}},"name":{{json .Name}},"status":{{json .State.Status}},"labels":{{json .Config.Labels}},"mounts":{{json .Mounts}},"image":{{json .Config.Image}},"networks":[{{$comma := ""}}{{range $name, $_ := .NetworkSettings.Networks}}{{$comma}}{{json $name}}{{$comma = ","}}{{end}}],"restart":{{json .HostConfig.RestartPolicy.Name}},"exposed":{{json (index .Config "ExposedPorts")}},"files":{{json .ResolvConfPath}}}' 2>/dev/null) ||
    [ $? -ne 124 ] || fact failed 'docker inspect'
  printf '%s\n' "$described"
  data_root_facts "$(printf '%s\n' "$described" | sed -n 's|.*"files":"\(/.*\)/containers/[0-9a-f]*/resolv.conf"}$|\1|p' | head -n 1)"
}

# data_root_facts FOLDER: as a container of the stack shows it, or else asked for, which takes as long as all the rest.
data_root_facts() {
  data_root=$1
  if [ -z "$data_root" ]; then
    info=$(bounded docker info --format '{{.DockerRootDir}}	{{.SecurityOptions}}' 2>/dev/null) || return 0
    data_root=${info%%	*}
    case $info in *name=rootless*) fact rootless yes ;; esac
  fi
  [ -z "$data_root" ] || { fact data-root "$data_root"; space data-disk "$data_root"; }
}

# What addresses are taken: by the engine's networks, and by whatever the host has a route to.
network_facts() {
  networks=$(bounded docker network ls --quiet 2>/dev/null) || fact failed 'docker network ls'
  # shellcheck disable=SC2086 # a list of ids
  [ -z "$networks" ] || bounded docker network inspect --format 'network	{{.Name}}{{range .IPAM.Config}} {{.Subnet}}{{end}}' $networks 2>/dev/null
  awk 'NR > 1 { print "route\t" $2 " " $8 }' /proc/net/route 2>/dev/null
}

image_facts() {
  bounded docker images --digests --format 'image	{{.Repository}}@{{.Digest}}
image	{{.Repository}}:{{.Tag}}' 2>/dev/null || fact failed 'docker images'
}
