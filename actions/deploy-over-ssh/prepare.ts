import type { Following } from '../../src/agent/follower.ts'
import { expectState, whyOvertaken } from '../../src/agent/outcome.ts'
import type { Progress } from '../../src/agent/progress.ts'
import {
  newNonce,
  newTransactionId,
  openCommand,
  openTransaction,
  type Transaction,
} from '../../src/agent/transaction.ts'
import type { ComposeModel } from '../../src/compose/model.ts'
import { RemoteAhead } from '../../src/host/ahead.ts'
import { formatHost } from '../../src/host/host.ts'
import type { Connect, Remote } from '../../src/host/remote.ts'
import type { Job, Outputs } from '../../src/runner/job.ts'
import type { Observation } from '../../src/stack/observation.ts'
import type { Look } from '../../src/stack/observe.ts'
import type { DeployInputs, Inputs } from './inputs.ts'
import { checkAhead } from './check.ts'
import { type Goal, openingOf } from './opening.ts'
import { type Planned, planDeploy } from './plan.ts'
import { resolveModel } from './release.ts'
import { MOST_PLANS, type Overtaken, whatDiffers } from '../../src/plan/stale.ts'

/** How the step is carried out. */
export interface Course {
  readonly following: Following & { readonly connect: Connect }
  /** Is told the token of a transaction before the host hears of it. */
  readonly opened: (token: string) => void
  readonly look: Look
}

export type ToPrepare = Inputs & { readonly deploy: DeployInputs }

/**
 * Brings a release to the host as a transaction that waits for the next word, unless nothing would change: prepared, or on
 * trial already.
 */
export async function prepare(
  inputs: ToPrepare,
  job: Job,
  course: Course,
  goal: 'prepared' | 'trial' = 'prepared',
): Promise<Outputs> {
  const { deploy } = inputs
  // The host is looked at while the files are resolved: neither needs the other.
  const ahead = lookAhead(course, deploy, job)
  const resolved = job.log.chapter('Resolve the compose files', () => resolveModel(deploy))
  const model = await resolved.catch(async (error: unknown) => {
    const remote = await ahead.remote.catch(() => undefined)
    await remote?.[Symbol.asyncDispose]()
    throw error
  })
  return prepareModel(inputs, job, model, course, { goal, ahead })
}

/** A connection that is made already, and what is seen over it; what fails is told to whoever awaits it. */
interface Ahead {
  readonly remote: Promise<Remote>
  readonly seen: Promise<Observation>
}

function lookAhead({ following, look }: Course, { stack }: DeployInputs, { signal }: Job): Ahead {
  const remote = following.connect().then((connected) => new RemoteAhead(connected))
  const seen = remote.then((connected) => {
    const looked = look(connected, stack, signal)
    // What takes the package is there when the plan is; without a plan it gets nothing and does nothing.
    connected.start(openCommand(stack))
    return looked
  })
  seen.catch(() => undefined)
  return { remote, seen }
}

/**
 * Looks, plans, shows the plan, and only then opens the transaction and has everything brought to the host. Plans again when
 * something came between. Ends without one when nothing would change.
 */
export async function prepareModel(
  inputs: ToPrepare,
  job: Job,
  model: ComposeModel,
  course: Course,
  { goal = 'prepared', ahead }: { readonly goal?: 'prepared' | 'trial'; readonly ahead?: Ahead } = {},
): Promise<Outputs> {
  const { deploy } = inputs
  const desired = { model, at: new Date() }
  await using remote = await (ahead?.remote ?? course.following.connect())
  let seen = ahead?.seen
  const look = (): Promise<Observation> => {
    const first = seen
    seen = undefined
    return first ?? course.look(remote, deploy.stack, job.signal)
  }
  let before: Overtaken | undefined
  for (let plans = 1; ; plans++) {
    const planned = await job.log.chapter('Plan', () => planDeploy(inputs, job, desired, look))
    for (const line of before === undefined ? [] : whatDiffers(before, planned)) job.log.line(line)
    await job.summarize(planned.summary)
    const outputs = { release: planned.built.release.manifest.id, changed: String(planned.live === undefined) }
    if (deploy.dryRun) return { ...outputs, state: 'planned', transaction: '' }
    if (planned.live !== undefined) {
      job.log.notice(`Nothing changed: ${planned.live.id} is live already and has all of this. Nothing is deployed.`)
      return { ...outputs, release: planned.live.id, state: 'unchanged', transaction: '' }
    }
    const checks = goal === 'trial' && inputs.phase === 'all' ? inputs.checks : []
    const reached = planned.plan.phases.prove !== undefined && checks.length > 0 ? 'proved' : goal
    const { transaction, progress } = await open(inputs, job, remote, planned, course, reached)
    const why = whyOvertaken(progress)
    if (plans < MOST_PLANS && why !== undefined) {
      before = { ...planned, tx: transaction.id, why }
      continue
    }
    expectState(progress, reached, {
      what: `${goal === 'trial' ? 'switch to' : 'prepare'} ${planned.version}`,
      host: formatHost(remote.host),
      path: inputs.path,
    })
    if (reached === 'proved') {
      await checkAhead(checks, inputs, job, transaction)
      await leadOver(inputs, job, transaction)
    }
    return { ...outputs, state: goal, transaction: transaction.token }
  }
}

/** Leads visitors to a release that has proved itself. */
export function leadOver({ connection, path }: Inputs, job: Job, transaction: Transaction): Promise<void> {
  return job.log.chapter('Switch to the new release', async () => {
    const progress = await transaction.advance('switch', job.log)
    expectState(progress, 'trial', { what: 'switch to the new release', host: formatHost(connection.host), path })
  })
}

async function open(
  { deploy }: ToPrepare,
  job: Job,
  remote: Remote,
  planned: Planned,
  { following, opened }: Course,
  goal: Goal,
): Promise<{ transaction: Transaction; progress: Progress }> {
  const id = newTransactionId(new Date())
  const opening = openingOf(deploy, planned, job.context, { nonce: newNonce(), goal })
  const title = `Bring the release to the server${AND[goal]}`
  return job.log.chapter(title, async () => {
    opened(`${id}.${opening.nonce}`)
    return openTransaction(remote, id, opening, job.log, following)
  })
}

const AND: Record<Goal, string> = { prepared: '', proved: ', and start it', trial: ', and switch to it' }
