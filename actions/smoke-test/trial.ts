import { readStanding } from '../../src/agent/standing.ts'
import { joinTransaction } from '../../src/agent/transaction.ts'
import type { Verdict } from '../../src/agent/verdict.ts'
import type { Connect } from '../../src/host/remote.ts'
import { connect } from '../../src/host/ssh.ts'
import type { Membership } from './inputs.ts'

/** A transaction that waits for a verdict. What it is told rejects when the server could not be told, or does not accept it. */
export interface Trial extends AsyncDisposable {
  /** Makes the lease so many seconds, unless it is longer already, and begins it anew. */
  lengthen(seconds: number): Promise<void>
  report(verdict: Verdict): Promise<void>
}

export type JoinTrial = (membership: Membership, signal: AbortSignal) => Promise<Trial>

export const joinOverSsh: JoinTrial = async ({ connection, path, transaction }, signal) => {
  const reach: Connect = () => connect(connection, { signal })
  const remote = await reach()
  const joined = joinTransaction(remote, path, transaction, { connect: reach, signal })
  return {
    lengthen: async (seconds) => {
      const standing = await readStanding(remote, path, joined.id, signal)
      await joined.renew(Math.max(seconds, standing !== undefined && 'lease' in standing ? standing.lease : 0))
    },
    report: (verdict) => joined.report('smoke-test', verdict),
    [Symbol.asyncDispose]: () => remote[Symbol.asyncDispose](),
  }
}
