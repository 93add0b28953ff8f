import { expectState } from '../../src/agent/outcome.ts'
import type { Opening } from '../../src/agent/plan-files.ts'
import { type Following, newNonce, newTransactionId, openTransaction } from '../../src/agent/transaction.ts'
import { formatHost } from '../../src/host/host.ts'
import type { Connect } from '../../src/host/remote.ts'
import { deadlinesOf, describeDeadlines } from '../../src/plan/deadlines.ts'
import { formatPlan, type Plan, withNotes } from '../../src/plan/plan.ts'
import { planSwitch } from '../../src/plan/switch.ts'
import { planSummary } from '../../src/plan/summary.ts'
import { checkHost } from '../../src/preflight/check.ts'
import { demandOf } from '../../src/preflight/demand.ts'
import { memoryWarnings } from '../../src/preflight/memory.ts'
import type { Job, JobContext, Outputs } from '../../src/runner/job.ts'
import { observe } from '../../src/stack/observe.ts'
import type { DeployInputs, Inputs } from './inputs.ts'
import { buildRelease, type BuiltRelease, resolveModel } from './release.ts'

/** Looks, plans, shows the plan, and only then opens the transaction and has everything brought to the host. */
export async function prepare(
  inputs: Inputs & { readonly deploy: DeployInputs },
  job: Job,
  following: Following & { readonly connect: Connect },
): Promise<Outputs> {
  const { deploy, connection } = inputs
  const host = formatHost(connection.host)
  const model = await job.log.chapter('Resolve the compose files', () => resolveModel(deploy))
  await using remote = await following.connect()
  const version = deploy.version ?? defaultVersion(job.context)
  const { built, plan, head, from } = await job.log.chapter('Plan', async () => {
    const observation = await observe(remote, deploy.stack)
    const demand = demandOf(model, deploy.images)
    const warnings = checkHost(observation, { stack: deploy.stack, host, demand })
    const built = await buildRelease(model, deploy, observation, version, job.context)
    const decided = planSwitch({
      title: `deploy ${version} to ${deploy.stack.name} on ${host}`,
      to: built.release.manifest,
      observation,
      healthyWithin: deploy.healthyWithin,
      keep: deploy.keep,
      from: 'registry',
    })
    const replaced = decided.services.filter(({ action }) => action !== 'leave').map(({ name }) => name)
    const plan = withNotes(decided, [
      ...warnings,
      ...memoryWarnings(observation, demand, replaced),
      describeDeadlines(deadlinesOf(decided, deploy.lockTimeout), undefined),
    ])
    for (const line of formatPlan(plan).split('\n')) job.log.line(line)
    return { built, plan, head: observation.ledgerLength, from: observation.current ?? '' }
  })
  await job.summarize(planSummary(plan))
  const outputs = { release: built.release.manifest.id, changed: String(isChange(plan)) }
  if (deploy.dryRun) return { ...outputs, state: 'planned', transaction: '' }

  const id = newTransactionId(new Date())
  const opening = openingOf(deploy, built, plan, job.context, { version, head, from })
  return await job.log.chapter('Bring the release to the server', async () => {
    job.saveState('transaction', `${id}.${opening.nonce}`)
    const { transaction, progress } = await openTransaction(remote, id, opening, job.log, following)
    expectState(progress, 'prepared', { what: `prepare ${version}`, host, path: inputs.path })
    return { ...outputs, state: 'prepared', transaction: transaction.token }
  })
}

function openingOf(
  deploy: DeployInputs,
  { release, shipments }: BuiltRelease,
  plan: Plan,
  context: JobContext,
  known: { readonly version: string; readonly head: number; readonly from: string },
): Opening {
  return {
    stack: deploy.stack,
    plan,
    releaseId: release.manifest.id,
    nonce: newNonce(),
    lease: deploy.lease,
    lockTimeout: deploy.lockTimeout,
    head: known.head,
    ledger: {
      action: 'deploy',
      release: release.manifest.id,
      version: known.version,
      commit: context.sha,
      from: known.from,
      actor: context.actor,
      run: context.runUrl,
    },
    release,
    shipments,
    ...(deploy.registry && { dockerConfig: dockerConfig(deploy.registry) }),
  }
}

/** A Docker client's config with one login. https://docs.docker.com/reference/cli/docker/login/ */
function dockerConfig({ server, username, password }: NonNullable<DeployInputs['registry']>): string {
  const auth = Buffer.from(`${username}:${password}`).toString('base64')
  const key = server === 'docker.io' ? 'https://index.docker.io/v1/' : server
  return JSON.stringify({ auths: { [key]: { auth } } })
}

function isChange({ services }: Plan): boolean {
  return services.some(({ action }) => action !== 'leave')
}

/** The tag; on a branch its name with the commit. */
function defaultVersion({ ref, sha }: JobContext): string {
  const tag = /^refs\/tags\/(.+)$/.exec(ref)?.[1]
  const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1] ?? 'commit'
  return tag ?? `${branch}-${sha.slice(0, 12) || 'unknown'}`
}
