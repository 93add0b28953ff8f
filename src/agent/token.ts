import { UsageError } from '../errors.ts'

const TOKEN = /^(?<id>t-\d{8}T\d{6}Z-[0-9a-f]{6})\.(?<nonce>[0-9a-f]{16})$/

/** Reads id and nonce of a transaction from what an earlier step handed on. Throws a UsageError for anything else. */
export function parseToken(token: string): { id: string; nonce: string } {
  const { id, nonce } = TOKEN.exec(token)?.groups ?? {}
  if (id === undefined || nonce === undefined)
    throw new UsageError(
      `transaction: "${token}" is none; give the output \`transaction\` of the step that ran deploy-over-ssh, as it is`,
    )
  return { id, nonce }
}
