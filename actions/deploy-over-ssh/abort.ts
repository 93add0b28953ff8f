import { setTimeout as sleep } from 'node:timers/promises'
import { tellEnding } from '../../src/agent/ending.ts'
import type { Progress } from '../../src/agent/progress.ts'
import { readStanding } from '../../src/agent/standing.ts'
import { joinTransaction } from '../../src/agent/transaction.ts'
import type { Connect } from '../../src/host/remote.ts'
import { connect } from '../../src/host/ssh.ts'
import type { Job } from '../../src/runner/job.ts'
import type { Inputs } from './inputs.ts'

/** Of a transaction whose opening was cut off: the host may only now be making it from what it got. */
const TRIES = 3

/**
 * The post step: what this step opened and nobody confirmed is taken back, also after a failure or a cancelled job. It
 * never confirms.
 */
export async function abortUnconfirmed(
  inputs: Inputs,
  job: Job,
  reach: Connect = () => connect(inputs.connection),
): Promise<void> {
  const token = job.state('transaction')
  if (token === '') return
  await job.log.chapter('See that nothing is left unconfirmed', async () => {
    const progress = await untilEnded(inputs.path, token, job, reach)
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
