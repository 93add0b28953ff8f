import { tellEnding } from '../../src/agent/ending.ts'
import { joinTransaction } from '../../src/agent/transaction.ts'
import { StepError } from '../../src/errors.ts'
import { formatHost } from '../../src/host/host.ts'
import type { Connect, Remote } from '../../src/host/remote.ts'
import type { Job, Outputs } from '../../src/runner/job.ts'
import type { Inputs } from './inputs.ts'

/** Takes back what this job has open. */
export async function abort(
  { path, transaction }: Inputs & { readonly mode: 'abort' },
  job: Job,
  remote: Remote,
  reach: Connect,
): Promise<Outputs> {
  return job.log.chapter('Abort the open transaction', async () => {
    const joined = joinTransaction(remote, path, transaction, { connect: reach, signal: job.signal })
    const progress = await joined.abort('aborted', job.log)
    tellEnding(progress, job.log)
    if (progress.kind === 'ended' && progress.result === 'committed')
      return { release: '', changed: 'false', state: 'committed' }
    if (progress.kind === 'ended' && progress.result === 'undone')
      return { release: '', changed: 'true', state: 'undone' }
    throw new StepError({
      step: 'abort the open transaction',
      host: formatHost(remote.host),
      why: progress.kind === 'ended' ? 'it is stuck' : 'the server did not say that it ended',
      state: 'see the log above; what runs now goes on running',
      next: `look at the last lines of ${path}/transactions/*/journal on the host`,
    })
  })
}
