import { tellEnding } from '../../src/agent/ending.ts'
import { expectState } from '../../src/agent/outcome.ts'
import {
  foreignTransaction,
  joinTransaction,
  newNonce,
  newTransactionId,
  openTransaction,
} from '../../src/agent/transaction.ts'
import { StepError, UsageError } from '../../src/errors.ts'
import { formatHost } from '../../src/host/host.ts'
import type { Connect, Remote } from '../../src/host/remote.ts'
import { connect } from '../../src/host/ssh.ts'
import { deadlinesOf, describeDeadlines } from '../../src/plan/deadlines.ts'
import { formatPlan, type Plan, withNotes } from '../../src/plan/plan.ts'
import { planSummary } from '../../src/plan/summary.ts'
import { planSwitch } from '../../src/plan/switch.ts'
import { missingImages, rollbackTarget } from '../../src/plan/target.ts'
import { checkHost } from '../../src/preflight/check.ts'
import type { Manifest } from '../../src/release/manifest.ts'
import type { Job, Outputs } from '../../src/runner/job.ts'
import { liveRelease, type Observation } from '../../src/stack/observation.ts'
import { observe } from '../../src/stack/observe.ts'
import type { Inputs } from './inputs.ts'

type ToRelease = Inputs & { readonly mode: 'release' }

/** Takes back what this job has open, or brings a confirmed release back as a transaction of its own. */
export async function rollBack(inputs: Inputs, job: Job): Promise<Outputs> {
  const reach: Connect = () => connect(inputs.connection, { signal: job.signal })
  await using remote = await reach()
  return inputs.mode === 'abort' ? await abort(inputs, job, remote, reach) : await toRelease(inputs, job, remote, reach)
}

async function abort(
  { path, transaction }: Inputs & { readonly mode: 'abort' },
  job: Job,
  remote: Remote,
  reach: Connect,
): Promise<Outputs> {
  return job.log.chapter('Abort the open transaction', async () => {
    const progress = await joinTransaction(remote, path, transaction, { connect: reach }).abort('aborted', job.log)
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

async function toRelease(inputs: ToRelease, job: Job, remote: Remote, reach: Connect): Promise<Outputs> {
  const { stack, to } = inputs
  const host = formatHost(remote.host)
  const observation = await freeStack(inputs, job, remote, reach)
  const warnings = checkHost(observation, { stack, host })
  const target = rollbackTarget(observation, to)
  if (target.kind === 'nothing to do') {
    job.log.notice(`Nothing to do: ${target.why}.`)
    return { release: liveRelease(observation)?.id ?? '', changed: 'false', state: 'committed' }
  }
  const gone = missingImages(target.release, observation)
  if (gone.length > 0)
    throw new UsageError(
      `${target.release.id} can't be brought back: ${host} no longer has ${gone.join(', ')}; deploy that version again instead`,
    )
  const plan = await job.log.chapter('Plan', () =>
    Promise.resolve(withNotes(planRollback(inputs, target.release, observation, host), warnings)),
  )
  for (const line of formatPlan(plan).split('\n')) job.log.line(line)
  await job.summarize(planSummary(plan))
  if (inputs.dryRun) return { release: target.release.id, changed: 'false', state: 'planned' }
  await execute(inputs, job, remote, reach, { plan, observation, target: target.release })
  return { release: target.release.id, changed: 'true', state: 'committed' }
}

function planRollback(inputs: ToRelease, release: Manifest, observation: Observation, host: string): Plan {
  const plan = planSwitch({
    title: `roll ${inputs.stack.name} on ${host} back to ${release.id}`,
    to: release,
    observation,
    healthyWithin: inputs.healthyWithin,
    keep: inputs.keep,
    from: 'host',
  })
  return withNotes(plan, [describeDeadlines(deadlinesOf(plan, inputs.lockTimeout), undefined)])
}

/** A rollback does not queue behind the deploy that it is to undo: that one is aborted first. */
async function freeStack({ stack }: ToRelease, job: Job, remote: Remote, reach: Connect): Promise<Observation> {
  const observation = await observe(remote, stack)
  if (!observation.open) return observation
  const { tx, by } = observation.open
  await job.log.chapter('Abort what is open', async () => {
    job.log.line(`${tx} is open: ${by}`)
    tellEnding(await foreignTransaction(remote, stack.path, tx, { connect: reach }).abort('aborted', job.log), job.log)
  })
  return observe(remote, stack)
}

async function execute(
  { stack, lockTimeout, path, healthyWithin }: ToRelease,
  job: Job,
  remote: Remote,
  reach: Connect,
  { plan, observation, target }: { readonly plan: Plan; readonly observation: Observation; readonly target: Manifest },
): Promise<void> {
  const undertaking = { what: `roll back to ${target.id}`, host: formatHost(remote.host), path }
  const { context } = job
  await job.log.chapter('Roll back', async () => {
    const { transaction, progress } = await openTransaction(
      remote,
      newTransactionId(new Date()),
      {
        stack,
        plan,
        releaseId: target.id,
        nonce: newNonce(),
        lease: healthyWithin + 60,
        lockTimeout,
        head: observation.ledgerLength,
        ledger: {
          action: 'rollback',
          release: target.id,
          version: target.version,
          commit: target.commit,
          from: observation.current ?? '',
          actor: context.actor,
          run: context.runUrl,
        },
        shipments: [],
      },
      job.log,
      { connect: reach, signal: job.signal },
    )
    expectState(progress, 'prepared', undertaking)
    expectState(await transaction.advance('switch', job.log), 'trial', undertaking)
    // Every container has proved itself; there is no job with further checks to wait for.
    expectState(await transaction.confirm('unchecked', job.log), 'committed', undertaking)
  })
}
