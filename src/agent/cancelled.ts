import { StepError } from '../errors.ts'
import { formatHost } from '../host/host.ts'
import type { Remote } from '../host/remote.ts'
import { agentName } from './plan-files.ts'
import { describeStanding, readStanding, type Standing } from './standing.ts'

/** The transaction that a step has to do with, and how its host is reached. */
export interface Held {
  /** Id and nonce, or the id alone. */
  readonly transaction: string
  readonly path: string
  readonly connect: (signal: AbortSignal) => Promise<Remote>
}

/** A cancelled step has 7.5 s; the rest of them is for ending what was under way. */
const ASK_MS = 3500

/**
 * Runs the work of a step that follows a transaction. If the job is cancelled meanwhile, the host is asked once more where the
 * transaction stands, over a new connection and not for long, and the error says so.
 *
 * @param held what the step has open at that moment; undefined when nothing was begun
 */
export async function unlessCancelled<T>(
  signal: AbortSignal,
  held: () => Held | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!signal.aborted) throw error
    throw await cancelled(held(), error)
  }
}

async function cancelled(held: Held | undefined, cause: unknown): Promise<StepError> {
  const error = { step: 'run', why: 'the job was cancelled', cause }
  if (held === undefined) return new StepError({ ...error, state: 'this step had nothing open on the server' })
  const id = held.transaction.split('.')[0] ?? ''
  const { host, standing } = await ask(held, id)
  const isOpen = standing === undefined || standing.kind === 'waiting' || standing.kind === 'busy'
  return new StepError({
    ...error,
    step: 'follow the transaction',
    ...(host !== undefined && { host }),
    state: describeStanding(id, standing),
    ...(isOpen && {
      next:
        'the post step of the action that opened it takes it back now; ' +
        `by hand, on the host: sh ${held.path}/${agentName} say ${held.path} ${id} none abort`,
    }),
  })
}

async function ask({ connect, path }: Held, id: string): Promise<{ host?: string; standing?: Standing | undefined }> {
  const signal = AbortSignal.timeout(ASK_MS)
  try {
    await using remote = await connect(signal)
    return { host: formatHost(remote.host), standing: await readStanding(remote, path, id, signal) }
  } catch {
    return {}
  }
}
