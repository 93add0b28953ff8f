import type { Check } from '../../src/health/check.ts'
import { readChecks } from '../../src/health/checks.ts'
import { type Connection, readConnection } from '../../src/host/connection.ts'
import type { InputReader } from '../../src/runner/inputs.ts'

export interface Inputs {
  readonly checks: readonly Check[]
  /** Where the verdict goes; absent when the checks only decide over this step. */
  readonly membership?: Membership
}

/** A transaction on a server, as a later step of the same job takes part in it. */
export interface Membership {
  readonly connection: Connection
  /** The stack's folder on the host, absolute. */
  readonly path: string
  /** What deploy-over-ssh handed on. */
  readonly transaction: string
}

export function readInputs(input: InputReader): Inputs {
  const checks = readChecks(input)
  const transaction = input.optional('transaction')
  if (transaction !== undefined) return { checks, membership: readMembership(input, transaction) }
  refuseWithoutTransaction(input)
  return { checks }
}

function readMembership(input: InputReader, transaction: string): Membership {
  const connection = readConnection(input)
  const path = input.text('path')
  if (path !== '' && !path.startsWith('/')) input.problem('path', `write an absolute path, not "${path}"`)
  return { connection, path, transaction }
}

/** An output of a mistyped step is empty: without this, its verdict would silently be reported to nobody. */
function refuseWithoutTransaction(input: InputReader): void {
  input.optionalSecret('ssh-key')
  input.optionalSecret('ssh-key-passphrase')
  const given = ['host', 'jump-host', 'ssh-key', 'ssh-key-passphrase', 'known-hosts', 'path'].filter(
    (name) => input.optional(name) !== undefined,
  )
  if (given.length === 0) return
  const what = `is required with ${given.join(', ')}; write the output transaction of the step with deploy-over-ssh, such as`
  const hint =
    "it is empty when nothing changed: leave this step out then, by if: steps.deploy.outputs.state != 'unchanged'"
  input.problem('transaction', `${what} \${{ steps.deploy.outputs.transaction }}; ${hint}`)
}
