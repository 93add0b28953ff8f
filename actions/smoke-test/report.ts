import { joinTransaction } from '../../src/agent/transaction.ts'
import type { Verdict } from '../../src/agent/verdict.ts'
import { connect } from '../../src/host/ssh.ts'
import type { Membership } from './inputs.ts'

/** Tells a transaction what the checks found. Rejects when the server could not be told, or does not accept it. */
export type Reporter = (membership: Membership, verdict: Verdict, signal: AbortSignal) => Promise<void>

export const reportOverSsh: Reporter = async ({ connection, path, transaction }, verdict, signal) => {
  await using remote = await connect(connection, { signal })
  await joinTransaction(remote, path, transaction).report('smoke-test', verdict)
}
