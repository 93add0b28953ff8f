# shellcheck shell=sh
# What there is on the host for one stack: STACK PROJECT. One fact a line, `name<TAB>value`; changes nothing.
stack=$1 project=$2
fact() { printf '%s\t%s\n' "$1" "$2"; }

for tool in docker flock setsid timeout tar gzip sha256sum sync awk xargs mktemp; do
  command -v "$tool" >/dev/null 2>&1 || fact missing "$tool"
done
fact user "$(id -un)"
if engine=$(docker version --format '{{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}}' 2>&1); then
  fact engine "$engine"
else
  fact engine-error "$(printf '%s' "$engine" | tail -n 1)"
fi
compose=$(docker compose version --short 2>/dev/null) && fact compose "$compose"

nearest=$stack
while [ ! -d "$nearest" ]; do nearest=$(dirname "$nearest"); done
if [ -w "$nearest" ]; then fact writable "$nearest"; else fact unwritable "$nearest"; fi
fact disk-kib "$(df -Pk "$nearest" | awk 'NR == 2 { print $4 }')"
fact memory-kib "$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo)"

docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project" 2>/dev/null | xargs -r docker inspect --format \
  'container	{"id":{{json .Id}},"name":{{json .Name}},"status":{{json .State.Status}},"labels":{{json .Config.Labels}},"mounts":{{json .Mounts}},"image":{{json .Config.Image}},"restart":{{json .HostConfig.RestartPolicy.Name}}}' 2>/dev/null
docker images --digests --format 'image	{{.Repository}}@{{.Digest}}
image	{{.Repository}}:{{.Tag}}' 2>/dev/null

[ -L "$stack/current" ] && fact current "$(basename "$(readlink "$stack/current")")"
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
:
