import { expect, test } from 'vitest'
import { planMigration } from '../../../src/plan/migration.ts'
import { formatPlan } from '../../../src/plan/plan.ts'

const request = {
  service: 'api',
  command: ['sh', '-c', "alembic upgrade head && echo 'done'"],
  database: 'db',
  oldCodeCanRun: false,
  deadline: 900,
}

function plan(change: Partial<typeof request> | { readonly database: undefined }): string {
  const migrate = planMigration({ ...request, ...change })
  return formatPlan({ title: 'migrate with api', services: [], phases: { migrate }, notes: [] })
}

test('a backup, then the migration, and a gate before any way back', () => {
  expect(plan({})).toMatchInlineSnapshot(`
    "migrate with api
    migrate:
      01 back up db and read the backup back, because nothing is migrated without a backup that can be restored (nothing to undo, at most 900 s)
         $ back_up db
      02 migrate: sh -c alembic upgrade head && echo 'done', because the new release expects the new schema (unknown, at most 900 s)
         $ run_once api sh -c 'alembic upgrade head && echo '\\''done'\\'''
         may it be taken back? $ await_engine && remove_once && old_code_can_run false db
         way back: $ await_engine && remove_once
      03 note what became of the schema, because a later rollback over this migration goes by it (nothing to undo, at most 120 s)
         $ note_schema false db"
  `)
})

test('no backup where the user does without; the schema can not be compared then', () => {
  expect(plan({ database: undefined, oldCodeCanRun: true })).toMatchInlineSnapshot(`
    "migrate with api
    migrate:
      01 migrate: sh -c alembic upgrade head && echo 'done', because the new release expects the new schema (reversible, at most 900 s)
         $ run_once api sh -c 'alembic upgrade head && echo '\\''done'\\'''
         may it be taken back? $ await_engine && remove_once && old_code_can_run true
         way back: $ await_engine && remove_once
      02 note what became of the schema, because a later rollback over this migration goes by it (nothing to undo, at most 120 s)
         $ note_schema true"
  `)
})
