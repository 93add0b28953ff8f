import type { DeploymentStatus } from '../runner/github.ts'

/**
 * How a recorded deployment stands: it was confirmed, was taken back after that (or never came about), or is not decided.
 *
 * GitHub itself adds `inactive` to what a newer deployment of the environment replaced, so after a success it only means
 * that time went on: what was proved then stays proved. A rollback says `failure`.
 */
export type Standing = 'confirmed' | 'withdrawn' | 'open'

/** @param statuses newest first */
export function standing(statuses: readonly Pick<DeploymentStatus, 'state'>[]): Standing {
  const state = statuses.find((status) => status.state !== 'inactive')?.state
  if (state === 'success') return 'confirmed'
  return state === 'failure' || state === 'error' ? 'withdrawn' : 'open'
}
