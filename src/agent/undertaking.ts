import type { Connect } from '../host/remote.ts'
import { connect } from '../host/ssh.ts'
import type { Job } from '../runner/job.ts'
import type { StackInputs } from '../stack/inputs.ts'
import { unlessCancelled } from './cancelled.ts'
import { keepForPost } from './unconfirmed.ts'

/** What a step that opens a transaction, or was given one, has to do with its host. */
export interface Undertaking {
  readonly reach: Connect
  /** Is told the token of a transaction before the host hears of it. */
  readonly opened: (token: string) => void
}

/**
 * Runs the work of such a step. What it opens is kept for the post step; if the job is cancelled meanwhile, the error says
 * where that stands.
 *
 * @param given the transaction that another step has opened
 */
export function undertake<T>(
  { connection, path }: StackInputs,
  job: Job,
  given: string | undefined,
  work: (undertaking: Undertaking) => Promise<T>,
): Promise<T> {
  let transaction = given
  const reachWithin = (signal: AbortSignal) => connect(connection, { signal })
  const opened = (token: string): void => {
    transaction = token
    keepForPost(job, token)
  }
  const held = () => (transaction === undefined ? undefined : { transaction, path, connect: reachWithin })
  return unlessCancelled(job.signal, held, () => work({ reach: () => reachWithin(job.signal), opened }))
}
