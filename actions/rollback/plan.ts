import { tellEnding } from '../../src/agent/ending.ts'
import { foreignTransaction } from '../../src/agent/transaction.ts'
import { UsageError } from '../../src/errors.ts'
import { formatHost } from '../../src/host/host.ts'
import type { Connect, Remote } from '../../src/host/remote.ts'
import { deadlinesOf, describeDeadlines } from '../../src/plan/deadlines.ts'
import { formatPlan, type Plan, withNotes } from '../../src/plan/plan.ts'
import { checkSchema } from '../../src/plan/schema.ts'
import { planSwitch } from '../../src/plan/switch.ts'
import { missingImages, rollbackTarget } from '../../src/plan/target.ts'
import { checkHost } from '../../src/preflight/check.ts'
import type { Manifest } from '../../src/release/manifest.ts'
import type { Job } from '../../src/runner/job.ts'
import { liveRelease, type Observation } from '../../src/stack/observation.ts'
import type { Look } from '../../src/stack/observe.ts'
import type { Inputs } from './inputs.ts'

export type ToRelease = Inputs & { readonly mode: 'release' }

/** A rollback as it would go on what was found on the host, or that there is nothing to do. */
export type Planned =
  | { readonly kind: 'nothing to do'; readonly why: string; readonly live: string }
  | { readonly kind: 'rollback'; readonly target: Manifest; readonly plan: Plan; readonly observation: Observation }

/** Ends what is open, looks at the host, plans and shows the plan. Refuses what can't be brought back. */
export async function planRollback(
  inputs: ToRelease,
  job: Job,
  remote: Remote,
  course: { readonly reach: Connect; readonly look: Look },
): Promise<Planned> {
  const { stack, to, path } = inputs
  const host = formatHost(remote.host)
  const observation = await freeStack(inputs, job, remote, course)
  const warnings = checkHost(observation, { stack, host })
  const target = rollbackTarget(observation, to)
  if (target.kind === 'nothing to do') return { ...target, live: liveRelease(observation)?.id ?? '' }
  const { release } = target
  const gone = missingImages(release, observation)
  if (gone.length > 0)
    throw new UsageError(
      `${release.id} can't be brought back: ${host} no longer has ${gone.join(', ')}; deploy that version again instead`,
    )
  checkSchema(release, observation, { oldCodeCanRun: inputs.oldCodeCanRun, path })
  const decided = planSwitch({
    title: `roll ${stack.name} on ${host} back to ${release.id}`,
    to: release,
    observation,
    healthyWithin: inputs.healthyWithin,
    keep: inputs.keep,
    drain: inputs.drain,
    from: 'host',
  })
  const deadlines = describeDeadlines(deadlinesOf(decided, inputs.lockTimeout), inputs.jobTimeout)
  const plan = withNotes(decided, [...warnings, deadlines])
  for (const line of formatPlan(plan).split('\n')) job.log.line(line)
  return { kind: 'rollback', target: release, plan, observation }
}

/** A rollback does not queue behind the deploy that it is to undo: that one is aborted first. */
async function freeStack(
  { stack, dryRun }: ToRelease,
  job: Job,
  remote: Remote,
  { reach, look }: { readonly reach: Connect; readonly look: Look },
): Promise<Observation> {
  const { signal } = job
  const observation = await look(remote, stack, signal)
  if (!observation.open) return observation
  const { tx, by } = observation.open
  job.log.line(`${tx} is open: ${by}`)
  if (dryRun) {
    job.log.warning(`${tx} is open; a rollback aborts it first, and is planned on what is found then.`)
    return observation
  }
  const foreign = foreignTransaction(remote, stack.path, tx, { connect: reach, signal })
  tellEnding(await foreign.abort('aborted', job.log), job.log)
  return look(remote, stack, signal)
}
