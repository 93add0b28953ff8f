import { quote } from '../command/command.ts'
import { numbered, type Step } from './plan.ts'

export interface MigrationRequest {
  /** The service whose new image carries the migrations. */
  readonly service: string
  readonly command: readonly string[]
  /** The PostgreSQL service that is backed up before; undefined: the user does without a backup. */
  readonly database: string | undefined
  /** Whether the old release can run on the migrated schema, as far as the user says. */
  readonly oldCodeCanRun: boolean
  /** Seconds. */
  readonly deadline: number
}

/** Plans one migration inside an open transaction: backup, the migration in a container of the new image, its verdict. */
export function planMigration(request: MigrationRequest): readonly Step[] {
  const { service, command, database, oldCodeCanRun, deadline } = request
  const verdict = (program: string): string =>
    [program, String(oldCodeCanRun), ...(database === undefined ? [] : [database])].map(quote).join(' ')
  const backup: Omit<Step, 'id'>[] =
    database === undefined
      ? []
      : [
          {
            title: `back up ${database} and read the backup back`,
            because: 'nothing is migrated without a backup that can be restored',
            run: `back_up ${quote(database)}`,
            reversibility: 'nothing to undo',
            deadline,
          },
        ]
  return numbered([
    ...backup,
    {
      title: `migrate: ${command.join(' ')}`,
      because: 'the new release expects the new schema',
      run: ['run_once', service, ...command].map(quote).join(' '),
      // What is judged is at rest: a migration that outlived its step changes nothing any more.
      gate: `await_engine && remove_once && ${verdict('old_code_can_run')}`,
      undo: 'await_engine && remove_once',
      reversibility: oldCodeCanRun ? 'reversible' : 'unknown',
      deadline,
    },
    {
      title: 'note what became of the schema',
      because: 'a later rollback over this migration goes by it',
      run: verdict('note_schema'),
      reversibility: 'nothing to undo',
      deadline: 120,
    },
  ])
}
