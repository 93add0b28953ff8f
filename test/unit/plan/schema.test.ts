import { expect, test } from 'vitest'
import type { LedgerEntry } from '../../../src/ledger/ledger.ts'
import { checkSchema, migrationsSince } from '../../../src/plan/schema.ts'
import { entry, hostWith, shopRelease } from '../../support/stack.ts'

const releases = [shopRelease('v1', '1'), shopRelease('v2', '2'), shopRelease('v3', '3')] as const
const [one] = releases

function over(...ledger: readonly LedgerEntry[]): readonly string[] {
  return migrationsSince(one, { ...hostWith(...releases), ledger }).map(({ release }) => release)
}

const first = entry('v1', '', { migration: 'unknown' })

test.each<[what: string, ledger: readonly LedgerEntry[], over: readonly string[]]>([
  ['none since', [first, entry('v2', 'v1')], []],
  ['one that nobody vouches for', [first, entry('v2', 'v1', { migration: 'unknown' })], ['v2']],
  ['one that left the schema as it was', [first, entry('v2', 'v1', { migration: 'unchanged' })], []],
  ['one right after it that it can run on', [first, entry('v2', 'v1', { migration: 'compatible' })], []],
  [
    'one that the release between can run on',
    [first, entry('v2', 'v1'), entry('v3', 'v2', { migration: 'compatible' })],
    ['v3'],
  ],
  [
    'two, each vouched for by the release before it alone',
    [first, entry('v2', 'v1', { migration: 'compatible' }), entry('v3', 'v2', { migration: 'compatible' })],
    ['v2', 'v3'],
  ],
  ['one that was taken back', [first, entry('v2', 'v1', { migration: 'unknown', result: 'undone' })], []],
  ['one that got stuck', [first, entry('v2', 'v1', { migration: 'unknown', result: 'stuck' })], ['v2']],
  [
    'one over which it was brought back before',
    [first, entry('v2', 'v1', { migration: 'unknown' }), entry('v1', 'v2', { action: 'rollback' }), entry('v3', 'v1')],
    [],
  ],
])('migrations that a rollback goes over: %s', (_, ledger, expected) => {
  expect(over(...ledger)).toEqual(expected)
})

test('the refusal names the migrations, the choices and what each would lose', () => {
  const ledger = [first, entry('v2', 'v1', { migration: 'unknown', run: 'https://run/2' })]
  const observation = { ...hostWith(...releases), ledger }
  expect(() => {
    checkSchema(one, observation, { oldCodeCanRun: false, path: '/srv/shop' })
  }).toThrowErrorMatchingInlineSnapshot(`
    [UsageError: old-code-can-run: v1 is from before a migration, and the database stays as it is. Nothing was changed.
      v2 migrated the database at 2026-11-21T23:30:00Z, deployed by octocat (https://run/2)
      If the old code can run on the schema as it is now, write \`old-code-can-run: true\`; nothing is lost by it.
      If not, deploy a corrected version; or restore by hand the backup from before the migration, if there is one; that loses
      everything that was written since: /srv/shop/backups/t-v2.dump]
  `)
  expect(() => {
    checkSchema(one, observation, { oldCodeCanRun: true, path: '/srv/shop' })
  }).not.toThrow()
})
