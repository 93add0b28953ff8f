# shellcheck shell=sh
# Opens a transaction: STACK AGENT; on standard input a line with its name and the package's SHA-256, then the package.
# Nothing counts before it is whole and on disk. It may be started ahead of its input, and ends when there is none.
set -eu
umask 077
stack=$1 agent=$2
read -r id sum || exit 0

. ./program/unpack.sh

# A transaction that just ended may remove an agent that none of the others names: so once more when this one does.
bring_agent() {
  [ -f "$stack/$agent" ] ||
    { cp "$1/agent.sh" "$stack/.$agent.$$" && sync "$stack/.$agent.$$" && mv "$stack/.$agent.$$" "$stack/$agent"; } || not_written
}

mkdir -p "$stack/transactions" || not_written
new=$stack/transactions/.$id
unpack "$new" "$sum"
bring_agent "$new"
mv "$new" "$stack/transactions/$id"
bring_agent "$stack/transactions/$id"
ln -sfn "$agent" "$stack/.agent.$$" && mv -T "$stack/.agent.$$" "$stack/agent"
sync "$stack/transactions"
# The owner's first words may come with the package.
word=0
while [ -f "$stack/transactions/$id/inbox/$((word + 1))" ]; do word=$((word + 1)); done
setsid sh "$stack/$agent" run "$stack" "$id" </dev/null >/dev/null 2>&1 &
exec sh "$stack/$agent" follow "$stack" "$id" 1 "$word"
