import { setTimeout as sleep } from 'node:timers/promises'
import type { Connect } from '../host/remote.ts'
import { connect } from '../host/ssh.ts'
import type { Job } from '../runner/job.ts'
import type { StackInputs } from '../stack/inputs.ts'
import { tellEnding } from './ending.ts'
import type { Progress } from './progress.ts'
import { readStanding } from './standing.ts'
import { joinTransaction } from './transaction.ts'

/** Under which a step keeps the token of the transaction that it opened, for its post step. */
const STATE = 'transaction'

/** To be called before the host hears of a transaction, so that nothing can begin that the post step does not know of. */
export function keepForPost(job: Pick<Job, 'saveState'>, token: string): void {
  job.saveState(STATE, token)
}

/** Of a transaction whose opening was cut off: the host may only now be making it from what it got. */
const TRIES = 3

/**
 * The post step of an action that opens a transaction: what its main step opened and nobody confirmed is taken back, also
 * after a failure or a cancelled job. It never confirms.
 */
export async function abortUnconfirmed(
  { connection, path }: StackInputs,
  job: Job,
  reach: Connect = () => connect(connection),
): Promise<void> {
  const token = job.state(STATE)
  if (token === '') return
  await job.log.chapter('See that nothing is left unconfirmed', async () => {
    const progress = await untilEnded(path, token, job, reach)
    if (progress === undefined) job.log.line('The transaction was never begun; nothing was changed.')
    else tellEnding(progress, job.log)
  })
}

async function untilEnded(path: string, token: string, job: Job, reach: Connect): Promise<Progress | undefined> {
  await using remote = await reach()
  const transaction = joinTransaction(remote, path, token, { connect: reach })
  for (let tries = 1; ; tries++) {
    const standing = await readStanding(remote, path, transaction.id)
    const progress =
      standing?.kind === 'none' ? undefined : await transaction.abort('not-confirmed-by-the-job', job.log)
    if (progress?.kind === 'ended' || tries === TRIES) return progress
    await sleep(1000)
  }
}
