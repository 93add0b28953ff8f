import { expect, test } from 'vitest'
import { readInputs } from '../../../actions/run-migrations/inputs.ts'
import { readWith, stackInputs, stackValue } from '../../support/read-inputs.ts'

const transaction = 't-20261121T233000Z-1f2e3d.0123456789abcdef'
const inputs = {
  ...stackInputs,
  transaction,
  service: 'api',
  command: `sh -c 'alembic upgrade head'`,
  'database-service': 'db',
  'without-backup': 'false',
  'old-code-can-run': 'false',
  deadline: '15m',
}

test('a migration with a backup', () => {
  expect(readWith(readInputs, inputs).value).toEqual({
    ...stackValue,
    transaction,
    migration: {
      service: 'api',
      command: ['sh', '-c', 'alembic upgrade head'],
      database: 'db',
      oldCodeCanRun: false,
      deadline: 900,
    },
  })
})

test('without a backup only when that is said', () => {
  const without = { ...inputs, 'database-service': '' }
  expect(() => readWith(readInputs, without)).toThrowErrorMatchingInlineSnapshot(`
    [UsageError: One input needs a change:
      database-service: name the PostgreSQL service to back up before the migration, or write \`without-backup: true\` to do without]
  `)
  const { value } = readWith(readInputs, { ...without, 'without-backup': 'true', 'old-code-can-run': 'true' })
  expect(value.migration).toMatchObject({ database: undefined, oldCodeCanRun: true })
})

test('with and without a backup at once is a contradiction', () => {
  expect(() => readWith(readInputs, { ...inputs, 'without-backup': 'true' })).toThrowErrorMatchingInlineSnapshot(`
    [UsageError: One input needs a change:
      without-backup: leave it out: \`database-service\` names what is backed up]
  `)
})

test('everything that is wrong is told at once', () => {
  expect(() =>
    readWith(readInputs, { ...inputs, transaction: '', command: `sh -c 'open`, deadline: 'long', service: '' }),
  ).toThrowErrorMatchingInlineSnapshot(`
    [UsageError: 4 inputs need a change:
      transaction: is required; give the output \`transaction\` of deploy-over-ssh with phase prepare. It is empty when nothing changed: leave this step out then, by if: steps.deploy.outputs.state != 'unchanged'
      service: is required
      command: the quote ' is not closed
      deadline: write a time such as 90, 90s, 5m or 1h, not "long"]
  `)
})

test('nothing at all', () => {
  expect(() => readWith(readInputs, {})).toThrowErrorMatchingInlineSnapshot(`
    [UsageError: 11 inputs need a change:
      host: is required
      ssh-key: is required; is the secret set, and may this job read it?
      known-hosts: is required
      path: is required
      transaction: is required; give the output \`transaction\` of deploy-over-ssh with phase prepare. It is empty when nothing changed: leave this step out then, by if: steps.deploy.outputs.state != 'unchanged'
      without-backup: is required
      database-service: name the PostgreSQL service to back up before the migration, or write \`without-backup: true\` to do without
      service: is required
      command: is required
      old-code-can-run: is required
      deadline: is required]
  `)
})
