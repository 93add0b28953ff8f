#!/bin/sh
# The agent carries one transaction of one stack to its end, with or without the runner. It interprets the plan that was
# shipped with the transaction: which word is heard in which state, and what a crash leads to, stand in the plan's
# tables, not here. Formats and exit codes: docs/protocol.md.
#
#   agent run     STACK TX                              hold the lock, run the phases, obey the owner, end the transaction
#   agent follow  STACK TX RECORD [WORD]                print the journal from that record on, until the agent waits or ended
#   agent say     STACK TX NONCE ID RECORD WORD [ARG]   hand a word to the agent, then follow what comes of it
#   agent recover STACK [TX]                            end what an agent has left that is gone; never waits for a living one
#   agent resume  STACK TX                              the same for one transaction, by who holds the lock
#   agent leave   STACK                                 take the minute job out of the crontab
set -u
umask 077
export LC_ALL=C

verb=$1 stack=$2 id=${3:-}
tx=$stack/transactions/$id
journal=$tx/journal
export ESTIBA_STACK="$stack" ESTIBA_TX="$tx"

. ./program/journal.sh
. ./program/session.sh
. ./program/lock.sh
. ./program/tickets.sh
. ./program/steps.sh
. ./program/ledger.sh
. ./program/ends.sh
. ./program/words.sh
. ./program/minute.sh
. ./program/run.sh
. ./program/recover.sh
. ./program/follow.sh

case $verb in
  run) run ;;
  follow) shift 3; is_known && follow "$@" ;;
  say) shift 3; say "$@" ;;
  recover) recover ;;
  resume) resume ;;
  leave) remove_minute_job ;;
  *) echo "unknown verb $verb" >&2; exit 64 ;;
esac
