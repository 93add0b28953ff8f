import type { Opening } from '../../src/agent/plan-files.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { asksRegistry } from '../../src/plan/prepare.ts'
import type { JobContext } from '../../src/runner/job.ts'
import type { DeployInputs } from './inputs.ts'
import type { Planned } from './plan.ts'

/** How far a transaction goes by itself: the trial follows where nothing comes in between. */
export type Goal = 'prepared' | 'proved' | 'trial'

/** What the host gets of a deploy that was planned. */
export function openingOf(
  deploy: DeployInputs,
  planned: Planned,
  context: JobContext,
  { nonce, goal }: { readonly nonce: string; readonly goal: Goal },
): Opening {
  const { plan, observation, version } = planned
  const { release, shipments } = planned.built
  return {
    stack: deploy.stack,
    plan,
    releaseId: release.manifest.id,
    nonce,
    goesOn: wordsTo(goal, plan),
    lease: deploy.lease,
    lockTimeout: deploy.lockTimeout,
    head: observation.ledgerLength,
    ledger: {
      action: 'deploy',
      release: release.manifest.id,
      version,
      commit: context.sha,
      from: observation.current ?? '',
      actor: context.actor,
      run: context.runUrl,
      approvers: deploy.approvers,
    },
    release,
    shipments,
    // It is removed behind the pull: without one it would lie there as long as the transaction is open.
    ...(deploy.registry && asksRegistry(plan) && { dockerConfig: dockerConfig(deploy.registry) }),
  }
}

function wordsTo(goal: Goal, { phases }: Plan): NonNullable<Opening['goesOn']> {
  const prove = phases.prove === undefined || goal === 'prepared' ? [] : (['advance prove'] as const)
  return [...prove, ...(goal === 'trial' ? (['advance switch'] as const) : [])]
}

/** A Docker client's config with one login. https://docs.docker.com/reference/cli/docker/login/ */
function dockerConfig({ server, username, password }: NonNullable<DeployInputs['registry']>): string {
  const auth = Buffer.from(`${username}:${password}`).toString('base64')
  const key = server === 'docker.io' ? 'https://index.docker.io/v1/' : server
  return JSON.stringify({ auths: { [key]: { auth } } })
}
