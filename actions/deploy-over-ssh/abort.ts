import { tellEnding } from '../../src/agent/ending.ts'
import { joinTransaction } from '../../src/agent/transaction.ts'
import type { Connect } from '../../src/host/remote.ts'
import { connect } from '../../src/host/ssh.ts'
import type { Job } from '../../src/runner/job.ts'
import type { Inputs } from './inputs.ts'

/**
 * The post step: what this step opened and nobody confirmed is taken back, also after a failure or a cancelled job. It
 * never confirms.
 */
export async function abortUnconfirmed(inputs: Inputs, job: Job): Promise<void> {
  const token = job.state('transaction')
  if (token === '') return
  const reach: Connect = () => connect(inputs.connection)
  await using remote = await reach()
  const transaction = joinTransaction(remote, inputs.path, token, { connect: reach })
  const progress = await job.log.chapter('See that nothing is left unconfirmed', () =>
    transaction.abort('not-confirmed-by-the-job', job.log),
  )
  tellEnding(progress, job.log)
}
