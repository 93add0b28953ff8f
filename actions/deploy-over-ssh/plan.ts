import { runLocal } from '../../src/command/local.ts'
import type { ComposeModel } from '../../src/compose/model.ts'
import { UsageError } from '../../src/errors.ts'
import { formatHost } from '../../src/host/host.ts'
import { whatMadeLive } from '../../src/ledger/ledger.ts'
import { deadlinesOf, describeDeadlines } from '../../src/plan/deadlines.ts'
import { checkOrder } from '../../src/plan/downgrade.ts'
import { formatPlan, type Plan, withNotes } from '../../src/plan/plan.ts'
import { planSummary } from '../../src/plan/summary.ts'
import { planSwitch } from '../../src/plan/switch.ts'
import { unchangedRelease } from '../../src/plan/unchanged.ts'
import { checkHost } from '../../src/preflight/check.ts'
import { demandOf } from '../../src/preflight/demand.ts'
import { memoryWarnings } from '../../src/preflight/memory.ts'
import { checkLimited, limitTo } from '../../src/release/limited.ts'
import type { Manifest } from '../../src/release/manifest.ts'
import { findOrder } from '../../src/release/order.ts'
import { githubOf } from '../../src/runner/github-client.ts'
import type { Job, JobContext } from '../../src/runner/job.ts'
import { liveRelease, type Observation } from '../../src/stack/observation.ts'
import type { DeployInputs, Inputs } from './inputs.ts'
import { buildRelease, type BuiltRelease } from './release.ts'

/** A deploy as it would go on what was found on the host. */
export interface Planned {
  readonly version: string
  readonly observation: Observation
  readonly built: BuiltRelease
  readonly plan: Plan
  /** Markdown. */
  readonly summary: string
  /** The live release, if this one would change nothing of it. */
  readonly live: Manifest | undefined
}

/**
 * Looks at the host, plans and shows the plan. Refuses what must not be deployed there.
 *
 * @param desired its `at` names the release, so that it keeps its name when it is planned again
 */
export async function planDeploy(
  { deploy, connection }: Inputs & { readonly deploy: DeployInputs },
  job: Job,
  desired: { readonly model: ComposeModel; readonly at: Date },
  look: () => Promise<Observation>,
): Promise<Planned> {
  const host = formatHost(connection.host)
  const version = deploy.version ?? defaultVersion(job.context)
  const observation = await look()
  const before = liveRelease(observation)
  const isLimited = deploy.services.length > 0
  const model = isLimited ? limitTo(desired.model, deploy.services, before) : desired.model
  const demand = demandOf(model, deploy.images)
  const built = await refused(buildRelease(model, deploy, observation, { version, at: desired.at }, job.context))
  // Without an engine nothing is known of what runs, and what a release lacks on such a host is not what it lacks.
  const objections =
    built instanceof UsageError && observation.host.engine !== undefined ? built.message.split('\n') : []
  const warnings = checkHost(observation, { stack: deploy.stack, host, demand, problems: objections })
  if (built instanceof UsageError) throw built
  const { manifest } = built.release
  if (isLimited) checkLimited(manifest, deploy.services, before)
  const decided = planSwitch({
    title: `deploy ${version} to ${deploy.stack.name} on ${host}`,
    to: manifest,
    observation,
    healthyWithin: deploy.healthyWithin,
    keep: deploy.keep,
    drain: deploy.drain,
    from: 'registry',
    isAsked: true,
  })
  const plan = withNotes(decided, [
    ...(before?.slots?.ownHash === manifest.slots?.ownHash ? [] : built.advice),
    ...(isLimited ? [`only ${deploy.services.join(', ')}: the others have the images of ${before?.id ?? ''}`] : []),
    ...warnings,
    ...memoryWarnings(observation, demand, decided),
    describeDeadlines(deadlinesOf(decided, deploy.lockTimeout), deploy.jobTimeout),
  ])
  for (const line of formatPlan(plan).split('\n')) job.log.line(line)
  const live = unchangedRelease(plan, manifest, observation)
  if (live === undefined) await refuseOlder(deploy, version, observation, job)
  return { version, observation, built, plan, summary: planSummary(plan), live }
}

/** A refusal as a value, so that it can be told with others. */
function refused<T>(work: Promise<T>): Promise<T | UsageError> {
  return work.catch((error: unknown) => {
    if (error instanceof UsageError) return error
    throw error
  })
}

async function refuseOlder(deploy: DeployInputs, version: string, observation: Observation, job: Job): Promise<void> {
  const live = liveRelease(observation)
  if (live === undefined) return
  const { sha: commit, workspace } = job.context
  const github = deploy.githubToken === undefined ? undefined : githubOf(job, deploy.githubToken)
  const order = await findOrder({ commit, live: live.commit }, { run: runLocal, workspace, github }, job.signal)
  const madeLive = whatMadeLive(observation.ledger, live.id)
  const remark = checkOrder(order, { version, commit, live, madeLive, allowDowngrade: deploy.allowDowngrade })
  if (remark?.as === 'warning') job.log.warning(remark.text)
  else if (remark !== undefined) job.log.line(remark.text)
}

/** The tag; on a branch its name with the commit. */
function defaultVersion({ ref, sha }: JobContext): string {
  const tag = /^refs\/tags\/(.+)$/.exec(ref)?.[1]
  const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1] ?? 'commit'
  return tag ?? `${branch}-${sha.slice(0, 12) || 'unknown'}`
}
