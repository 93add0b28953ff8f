import { splitWords } from '../../src/command/words.ts'
import type { MigrationRequest } from '../../src/plan/migration.ts'
import type { InputReader } from '../../src/runner/inputs.ts'
import { readStackInputs, type StackInputs } from '../../src/stack/inputs.ts'

export interface Inputs extends StackInputs {
  /** The open transaction of this job. */
  readonly transaction: string
  readonly migration: MigrationRequest
}

export function readInputs(input: InputReader): Inputs {
  const where = readStackInputs(input)
  const transaction = input.optional('transaction') ?? ''
  if (transaction === '')
    input.problem(
      'transaction',
      'is required; give the output `transaction` of deploy-over-ssh with phase prepare. It is empty when nothing changed: ' +
        "leave this step out then, by if: steps.deploy.outputs.state != 'unchanged'",
    )
  const database = input.optional('database-service')
  const withoutBackup = input.flag('without-backup')
  if (database === undefined && !withoutBackup)
    input.problem(
      'database-service',
      'name the PostgreSQL service to back up before the migration, or write `without-backup: true` to do without',
    )
  if (database !== undefined && withoutBackup)
    input.problem('without-backup', 'leave it out: `database-service` names what is backed up')
  return {
    ...where,
    transaction,
    migration: {
      service: input.text('service'),
      command: input.parsed('command', splitWords),
      database,
      oldCodeCanRun: input.flag('old-code-can-run'),
      deadline: input.seconds('deadline'),
    },
  }
}
