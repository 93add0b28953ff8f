import { expect, test } from 'vitest'
import { checkOrder } from '../../../src/plan/downgrade.ts'
import type { Order } from '../../../src/release/order.ts'
import { entry, shopRelease } from '../../support/stack.ts'

const successor = {
  version: 'v1',
  commit: 'a'.repeat(40),
  live: shopRelease('v2', '2'),
  madeLive: entry('v2', 'v1', { run: 'https://run/2' }),
  allowDowngrade: false,
}

const remark = (order: Order, change = {}) => checkOrder(order, { ...successor, ...change })

test('an older commit is refused, with whose work it would undo', () => {
  expect(() => remark({ kind: 'older' })).toThrowErrorMatchingInlineSnapshot(`
    [UsageError: allow-downgrade: the commit aaaaaaaaaaaa (v1) is older than 222222222222 of the live release v2, which octocat deployed at 2026-11-21T23:30:00Z (https://run/2). Nothing was changed.
      A run that waited or was started again must not undo a newer one. Deploy the newest commit;
      to go back, use the action rollback; if this very commit is meant, write \`allow-downgrade: true\`.]
  `)
  expect(() => remark({ kind: 'older' }, { madeLive: undefined })).toThrow('allow-downgrade: the commit aaaaaaaaaaaa')
})

test('an older commit that is meant is a warning', () => {
  expect(remark({ kind: 'older' }, { allowDowngrade: true })).toMatchInlineSnapshot(`
    {
      "as": "warning",
      "text": "allow-downgrade: the commit aaaaaaaaaaaa (v1) is older than 222222222222 of the live release v2. The database is not taken back with it.",
    }
  `)
})

test('a newer one and the same one are as usual', () => {
  expect([remark({ kind: 'newer' }), remark({ kind: 'same' })]).toEqual([undefined, undefined])
})

test('diverged and unknown are said', () => {
  expect(remark({ kind: 'diverged' })).toMatchInlineSnapshot(`
    {
      "as": "line",
      "text": "The commit aaaaaaaaaaaa (v1) and 222222222222 of the live release v2 have diverged: neither is older.",
    }
  `)
  expect(remark({ kind: 'unknown', why: 'GitHub is silent' })).toMatchInlineSnapshot(`
    {
      "as": "warning",
      "text": "Whether the commit aaaaaaaaaaaa (v1) is older than 222222222222 of the live release v2 can't be told: GitHub is silent.",
    }
  `)
})
