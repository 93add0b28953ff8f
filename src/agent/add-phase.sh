# shellcheck shell=sh
# Adds a phase to an open transaction and lets the agent run it: STACK TX SHA256 NONCE ID RECORD PHASE, the package on
# standard input. ID and RECORD are those of the word `advance`.
set -eu
umask 077
stack=$1 id=$2 sum=$3 nonce=$4 word=$5 record=$6 phase=$7

. ./program/unpack.sh

tx=$stack/transactions/$id
[ -d "$tx/plan" ] || { echo "there is no transaction $id in $stack" >&2; exit 6; }
[ "$nonce" = "$(cat "$tx/plan/nonce")" ] || { echo 'refused not-owner'; exit 3; }
new=$tx/.$phase.$$
unpack "$new" "$sum"
if [ -d "$tx/plan/$phase" ]; then rm -rf "$new"; else mv -T "$new" "$tx/plan/$phase" && sync "$tx/plan"; fi
exec sh "$stack/$(cat "$tx/plan/agent")" say "$stack" "$id" "$nonce" "$word" "$record" advance "$phase"
