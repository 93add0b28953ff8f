import { attempt } from '../../src/agent/attempts.ts'
import { expectState, isStale } from '../../src/agent/outcome.ts'
import type { Opening } from '../../src/agent/plan-files.ts'
import { newNonce, newTransactionId, openTransaction } from '../../src/agent/transaction.ts'
import { undertake, type Undertaking } from '../../src/agent/undertaking.ts'
import { StepError } from '../../src/errors.ts'
import { formatHost } from '../../src/host/host.ts'
import type { Remote } from '../../src/host/remote.ts'
import { imageDigests } from '../../src/release/manifest.ts'
import type { Job, JobContext, Outputs } from '../../src/runner/job.ts'
import { type Look, observe } from '../../src/stack/observe.ts'
import { abort } from './abort.ts'
import type { Inputs } from './inputs.ts'
import { type Planned, planRollback, type ToRelease } from './plan.ts'

type Rollback = Planned & { readonly kind: 'rollback' }

/** Takes back what this job has open, or brings a confirmed release back as a transaction of its own. */
export async function rollBack(inputs: Inputs, job: Job): Promise<Outputs> {
  const given = inputs.mode === 'abort' ? inputs.transaction : undefined
  return undertake(inputs, job, given, async (undertaking) => {
    await using remote = await undertaking.reach()
    return inputs.mode === 'abort'
      ? await abort(inputs, job, remote, undertaking.reach)
      : await toRelease(inputs, job, remote, { ...undertaking, look: observe })
  })
}

export interface Course extends Undertaking {
  readonly look: Look
}

/** Plans and carries a rollback through, and plans again when another transaction came between. */
export function toRelease(inputs: ToRelease, job: Job, remote: Remote, course: Course): Promise<Outputs> {
  const host = formatHost(remote.host)
  return attempt<Rollback>(job, {
    plan: async () => {
      const planned = await job.log.chapter('Plan', () => planRollback(inputs, job, remote, course))
      if (planned.kind === 'rollback') return planned
      job.log.notice(`Nothing to do: ${planned.why}.`)
      return { outputs: { release: planned.live, changed: 'false', state: 'committed' } }
    },
    compare: (before, now) => {
      mustStayTheTarget(before, now, host)
    },
    ...(inputs.dryRun && { dryRun: ({ target }) => ({ release: target.id, changed: 'false', state: 'planned' }) }),
    carryOut: (planned) => execute(inputs, job, remote, course, planned),
    failure: ({ target }) => ({ step: `roll back to ${target.id}`, host, state: 'nothing was changed' }),
  })
}

/** Without a name it leads to the release before the live one, and that may be another one now: nobody asked for that. */
function mustStayTheTarget(before: Rollback, now: Rollback, host: string): void {
  if (before.target.id === now.target.id) return
  throw new StepError({
    step: `roll back to ${before.target.id}`,
    host,
    why: `meanwhile ${now.observation.current ?? 'another release'} became the live one, so that it would lead to ${now.target.id}`,
    state: 'nothing was changed',
    next: `look at what is live now; to go back all the same, name the release with \`to\`, such as ${before.target.id}`,
  })
}

async function execute(
  { stack, lockTimeout, path, healthyWithin }: ToRelease,
  job: Job,
  remote: Remote,
  { reach, opened }: Course,
  planned: Rollback,
): Promise<Outputs | 'stale'> {
  const { target } = planned
  const undertaking = { what: `roll back to ${target.id}`, host: formatHost(remote.host), path }
  const opening: Opening = {
    stack,
    plan: planned.plan,
    releaseId: target.id,
    nonce: newNonce(),
    lease: healthyWithin + 60,
    lockTimeout,
    head: planned.observation.ledgerLength,
    ledger: ledgerOf(planned, job.context),
    shipments: [],
  }
  return job.log.chapter('Roll back', async () => {
    const following = { connect: reach, signal: job.signal }
    const id = newTransactionId(new Date())
    opened(`${id}.${opening.nonce}`)
    const { transaction, progress } = await openTransaction(remote, id, opening, job.log, following)
    if (isStale(progress)) return 'stale'
    expectState(progress, 'prepared', undertaking)
    expectState(await transaction.advance('switch', job.log), 'trial', undertaking)
    // Every container has proved itself; there is no job with further checks to wait for.
    expectState(await transaction.confirm('unchecked', job.log), 'committed', undertaking)
    return { release: target.id, changed: 'true', state: 'committed' }
  })
}

function ledgerOf({ target, observation }: Rollback, { actor, runUrl }: JobContext): Opening['ledger'] {
  return {
    action: 'rollback',
    release: target.id,
    version: target.version,
    commit: target.commit,
    from: observation.current ?? '',
    actor,
    run: runUrl,
    digests: imageDigests(target),
  }
}
