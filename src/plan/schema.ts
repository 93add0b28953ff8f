import { UsageError } from '../errors.ts'
import { type LedgerEntry, whatMadeLive } from '../ledger/ledger.ts'
import type { Manifest } from '../release/manifest.ts'
import type { Observation } from '../stack/observation.ts'

/**
 * The migrations that a release may not be able to run behind: those since it was live last that changed the schema, unless
 * there is but one, and it came right after this release with the word that this release can run on it.
 */
export function migrationsSince(release: Manifest, { ledger }: Observation): readonly LedgerEntry[] {
  const madeLive = whatMadeLive(ledger, release.id)
  const since = madeLive === undefined ? ledger : ledger.slice(ledger.indexOf(madeLive) + 1)
  const changing = since.filter(
    ({ migration, result }) => migration !== undefined && migration !== 'unchanged' && result !== 'undone',
  )
  const [first] = changing
  const isVouchedFor = changing.length === 1 && first?.migration === 'compatible' && first.from === release.id
  return isVouchedFor ? [] : changing
}

/**
 * Refuses to bring back code from before a migration, unless the user says that it can run on the schema as it is now.
 *
 * @throws UsageError
 */
export function checkSchema(
  release: Manifest,
  observation: Observation,
  { oldCodeCanRun, path }: { readonly oldCodeCanRun: boolean; readonly path: string },
): void {
  const migrations = migrationsSince(release, observation)
  if (migrations.length === 0 || oldCodeCanRun) return
  throw new UsageError(
    [
      `old-code-can-run: ${release.id} is from before ${migrations.length === 1 ? 'a migration' : 'migrations'}, and the database stays as it is. Nothing was changed.`,
      ...migrations.map(
        ({ version, time, actor, run }) =>
          `  ${version} migrated the database at ${time}, deployed by ${actor} (${run})`,
      ),
      '  If the old code can run on the schema as it is now, write `old-code-can-run: true`; nothing is lost by it.',
      '  If not, deploy a corrected version; or restore by hand the backup from before the migration, if there is one; that loses',
      `  everything that was written since: ${migrations.map(({ tx }) => `${path}/backups/${tx}.dump`).join(', ')}`,
    ].join('\n'),
  )
}
