# shellcheck shell=sh
# Opens a transaction: STACK TX SHA256 AGENT, the package on standard input. Nothing counts before it is whole and on disk.
set -eu
umask 077
stack=$1 id=$2 sum=$3 agent=$4
mkdir -p "$stack/transactions"
new=$stack/transactions/.$id
mkdir "$new"
trap 'rm -rf "$new"' EXIT
cat >"$new/package.tar.gz"
echo "$sum  $new/package.tar.gz" | sha256sum -c - >/dev/null 2>&1 || { echo 'the package was damaged on its way' >&2; exit 7; }
tar -xzpf "$new/package.tar.gz" -C "$new"
rm "$new/package.tar.gz"
if [ ! -f "$stack/$agent" ]; then cp "$new/agent.sh" "$stack/.$agent.$$" && mv "$stack/.$agent.$$" "$stack/$agent"; fi
sync -f "$new"
mv "$new" "$stack/transactions/$id"
sync "$stack/transactions"
setsid sh "$stack/$agent" run "$stack" "$id" </dev/null >/dev/null 2>&1 &
exec sh "$stack/$agent" follow "$stack" "$id" 1
