# shellcheck shell=sh
# Adds a phase to an open transaction and lets the agent run it: STACK TX SHA256 NONCE PHASE, the package on standard input.
set -eu
umask 077
stack=$1 id=$2 sum=$3 nonce=$4 phase=$5
tx=$stack/transactions/$id
[ -d "$tx/plan" ] || { echo "there is no transaction $id in $stack" >&2; exit 6; }
[ "$nonce" = "$(cat "$tx/plan/nonce")" ] || { echo 'refused not-owner'; exit 3; }
new=$tx/.$phase
rm -rf "$new"
mkdir "$new"
trap 'rm -rf "$new"' EXIT
cat >"$new/package.tar.gz"
echo "$sum  $new/package.tar.gz" | sha256sum -c - >/dev/null 2>&1 || { echo 'the package was damaged on its way' >&2; exit 7; }
tar -xzpf "$new/package.tar.gz" -C "$new"
rm "$new/package.tar.gz"
sync -f "$new"
[ -d "$tx/plan/$phase" ] || mv -T "$new" "$tx/plan/$phase"
exec sh "$stack/$(cat "$tx/plan/agent")" say "$stack" "$id" "$nonce" advance "$phase"
