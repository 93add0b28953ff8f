import type { GitHub } from '../runner/github.ts'
import { parseRecord, TASK, type DeploymentRecord } from './record.ts'
import { standing } from './standing.ts'

export interface Recorded {
  readonly id: number
  readonly commit: string
  readonly record: DeploymentRecord
  /** Of the status that confirmed it last: a rollback confirms an older deployment anew. */
  readonly confirmedBy: number
}

/** More than this many decided deployments back, nothing is looked at. */
const DEPTH = 10

/**
 * The newest recorded deployment of a commit to an environment, if it stands confirmed. Undefined if there is none, or if
 * the newest one that was decided has been withdrawn.
 */
export async function confirmedRelease(
  github: GitHub,
  query: { readonly environment: string; readonly commit: string },
): Promise<Recorded | undefined> {
  const recorded = await recordedDeployments(github, query)
  const decided = recorded.find(({ stands }) => stands !== 'open')
  return decided?.stands === 'confirmed' ? decided : undefined
}

/** The newest recorded deployments to an environment, newest first, with how each stands. */
export async function recordedDeployments(
  github: GitHub,
  query: { readonly environment: string; readonly commit?: string },
): Promise<readonly (Recorded & { readonly stands: ReturnType<typeof standing> })[]> {
  const deployments = await github.deployments({ ...query, task: TASK })
  const ours = deployments.flatMap(({ id, commit, payload }) => {
    const record = parseRecord(payload)
    return record === undefined ? [] : [{ id, commit, record }]
  })
  return Promise.all(
    ours.slice(0, DEPTH).map(async (deployment) => {
      const statuses = await github.statuses(deployment.id)
      const confirmedBy = statuses.find(({ state }) => state === 'success')?.id ?? 0
      return { ...deployment, confirmedBy, stands: standing(statuses) }
    }),
  )
}
