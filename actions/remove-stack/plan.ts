import { StepError, UsageError } from '../../src/errors.ts'
import { formatHost } from '../../src/host/host.ts'
import type { Remote } from '../../src/host/remote.ts'
import { deadlinesOf, describeDeadlines } from '../../src/plan/deadlines.ts'
import { formatPlan, type Plan, withNotes } from '../../src/plan/plan.ts'
import { planRemoval } from '../../src/plan/remove.ts'
import { checkHost } from '../../src/preflight/check.ts'
import type { Job } from '../../src/runner/job.ts'
import type { Observation } from '../../src/stack/observation.ts'
import type { Look } from '../../src/stack/observe.ts'
import type { Stack } from '../../src/stack/stack.ts'
import type { Inputs } from './inputs.ts'

/** A removal as it would go on what was found on the host, or that there is nothing to do. */
export type Planned =
  | { readonly kind: 'nothing to do'; readonly why: string; readonly observation: Observation }
  | { readonly kind: 'removal'; readonly plan: Plan; readonly observation: Observation }

/** Looks at the host, plans and shows the plan. */
export async function planFor(
  { stack, path, lockTimeout }: Inputs,
  job: Job,
  remote: Remote,
  look: Look,
): Promise<Planned> {
  const host = formatHost(remote.host)
  const observation = await look(remote, stack, job.signal)
  const warnings = checkHost(observation, { stack, host })
  const decided = planRemoval({ title: `remove ${stack.name} from ${host}`, stack: stack.name, observation })
  const { open } = observation
  if (decided === undefined) {
    if (open === undefined) return nothingToDo(observation, { stack, path, host })
    throw new StepError({
      step: `remove ${stack.name}`,
      host,
      why: `${open.tx} is open: ${open.by}`,
      state: 'nothing was removed',
      next: 'run the job again when that has ended',
    })
  }
  const plan = withNotes(decided, [
    ...(open === undefined ? [] : [`${open.tx} is open; nothing is removed before it has ended`]),
    ...warnings,
    describeDeadlines(deadlinesOf(decided, lockTimeout), undefined),
  ])
  for (const line of formatPlan(plan).split('\n')) job.log.line(line)
  return { kind: 'removal', plan, observation }
}

/** A path that nothing was ever deployed to is a mistake rather than a stack that was removed. */
function nothingToDo(
  observation: Observation,
  { stack, path, host }: { readonly stack: Stack; readonly path: string; readonly host: string },
): Planned {
  if (observation.ledgerLength > 0)
    return { kind: 'nothing to do', why: `what deploys made of ${stack.name} is gone from ${host}`, observation }
  throw new UsageError(
    `path: nothing was ever deployed to ${path} on ${host}, and no container of ${stack.name} there comes from a deploy; ` +
      'write `path` and `stack` as the deploy has them',
  )
}
