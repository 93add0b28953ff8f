#!/bin/sh
# The agent carries one transaction of one stack to its end, with or without the runner. It interprets the plan that was
# shipped with the transaction: which word is heard in which state, and what a crash leads to, stand in the plan's
# tables, not here. Formats and exit codes: docs/protocol.md.
#
#   agent run     STACK TX                    hold the lock, run the phases, obey the owner, end the transaction
#   agent follow  STACK TX RECORD             print the journal from that record on, until the agent waits or has ended
#   agent say     STACK TX NONCE WORD [ARG]   hand a word to the agent, then follow what comes of it
#   agent recover STACK                       end the transaction of an agent that is gone (with TX: the lock is held)
set -u
umask 077
export LC_ALL=C

verb=$1 stack=$2 id=${3:-}
tx=$stack/transactions/$id
journal=$tx/journal
export ESTIBA_STACK="$stack" ESTIBA_TX="$tx"

. ./program/journal.sh
. ./program/lock.sh
. ./program/steps.sh
. ./program/ends.sh
. ./program/words.sh
. ./program/run.sh
. ./program/follow.sh

case $verb in
  run) run ;;
  follow) is_known && follow "$4" ;;
  say) shift 3; say "$@" ;;
  recover) if [ -n "$id" ]; then recover; else recover_if_gone; fi ;;
  *) echo "unknown verb $verb" >&2; exit 64 ;;
esac
