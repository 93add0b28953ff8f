import { attempt } from '../../src/agent/attempts.ts'
import { expectState, isStale } from '../../src/agent/outcome.ts'
import type { Opening } from '../../src/agent/plan-files.ts'
import type { Progress } from '../../src/agent/progress.ts'
import { newNonce, newTransactionId, openTransaction } from '../../src/agent/transaction.ts'
import { undertake, type Undertaking } from '../../src/agent/undertaking.ts'
import { StepError } from '../../src/errors.ts'
import { formatHost } from '../../src/host/host.ts'
import type { Remote } from '../../src/host/remote.ts'
import type { Job, JobContext, Outputs } from '../../src/runner/job.ts'
import { liveRelease } from '../../src/stack/observation.ts'
import { type Look, observe } from '../../src/stack/observe.ts'
import type { Inputs } from './inputs.ts'
import { formatLeftovers, type Leftover, leftovers } from './leftovers.ts'
import { planFor, type Planned } from './plan.ts'

type Removal = Planned & { readonly kind: 'removal' }

/** Removes what deploys made of a stack, as a transaction of its own. */
export async function removeStack(inputs: Inputs, job: Job): Promise<Outputs> {
  return undertake(inputs, job, undefined, async (undertaking) => {
    await using remote = await undertaking.reach()
    return await remove(inputs, job, remote, { ...undertaking, look: observe })
  })
}

export interface Course extends Undertaking {
  readonly look: Look
}

/** Plans and carries it through, and plans again when another transaction came between. */
export function remove(inputs: Inputs, job: Job, remote: Remote, course: Course): Promise<Outputs> {
  const { stack, dryRun } = inputs
  return attempt<Removal>(job, {
    plan: async () => {
      const planned = await job.log.chapter('Plan', () => planFor(inputs, job, remote, course.look))
      if (planned.kind === 'removal') return planned
      job.log.notice(`Nothing to remove: ${planned.why}.`)
      await tellWhatIsLeft(job, leftovers(stack, planned.observation, planned.observation))
      return { outputs: { changed: 'false', state: 'removed' } }
    },
    ...(dryRun && { dryRun: () => ({ changed: 'false', state: 'planned' }) }),
    carryOut: async (planned) => {
      if ((await execute(inputs, job, remote, course, planned)) === 'stale') return 'stale'
      const now = await course.look(remote, stack, job.signal)
      await tellWhatIsLeft(job, leftovers(stack, planned.observation, now))
      return { changed: 'true', state: 'removed' }
    },
    failure: () => ({ step: `remove ${stack.name}`, host: formatHost(remote.host), state: 'nothing was removed' }),
  })
}

/** Seconds that may pass between the opening and the word that follows it. */
const LEASE = 120

async function execute(
  { stack, path, lockTimeout }: Inputs,
  job: Job,
  remote: Remote,
  { reach, opened }: Course,
  planned: Removal,
): Promise<'removed' | 'stale'> {
  const undertaking = { what: `remove ${stack.name}`, host: formatHost(remote.host), path }
  const opening: Opening = {
    stack,
    plan: planned.plan,
    releaseId: planned.observation.current ?? 'none',
    nonce: newNonce(),
    lease: LEASE,
    lockTimeout,
    head: planned.observation.ledgerLength,
    goesOn: ['advance switch'],
    ledger: ledgerOf(planned, job.context),
    shipments: [],
  }
  return job.log.chapter('Remove', async () => {
    const id = newTransactionId(new Date())
    opened(`${id}.${opening.nonce}`)
    const following = { connect: reach, signal: job.signal }
    const { transaction, progress } = await openTransaction(remote, id, opening, job.log, following)
    if (isStale(progress)) return 'stale'
    expectState(progress, 'trial', undertaking)
    const end = await transaction.confirm('unchecked', job.log)
    expectState(end, 'committed', undertaking)
    mustBeFinished(end, undertaking.what, undertaking.host)
    return 'removed'
  })
}

/** What a step left undone after the decision is still there. */
function mustBeFinished(progress: Progress, step: string, host: string): void {
  if (progress.kind !== 'ended' || progress.cause === '') return
  throw new StepError({
    step,
    host,
    why: `not all of it could be removed (${progress.cause})`,
    state: 'removed but for that; what the steps that failed were to remove is still there',
    next: 'see above what they said, and run the job again',
  })
}

function ledgerOf({ observation }: Removal, { actor, runUrl }: JobContext): Opening['ledger'] {
  const live = liveRelease(observation)
  const release = observation.current ?? ''
  return {
    action: 'removal',
    release,
    version: live?.version ?? release,
    commit: live?.commit ?? '',
    from: release,
    actor,
    run: runUrl,
  }
}

async function tellWhatIsLeft(job: Job, left: readonly Leftover[]): Promise<void> {
  const lines = formatLeftovers(left)
  await job.log.chapter('What is left, and what removes it by hand', async () => {
    for (const line of lines) job.log.line(line)
    await job.summarize(['### What is left', `~~~text\n${lines.join('\n')}\n~~~`].join('\n\n'))
  })
}
