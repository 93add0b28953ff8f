import { expect, test } from 'vitest'
import { recoveryWarnings } from '../../../src/preflight/recovery.ts'

test('the plan says when there can be no minute job', () => {
  expect(recoveryWarnings({ cron: true, brokenLedgerLines: [] })).toEqual([])
  expect(recoveryWarnings({ cron: false, brokenLedgerLines: [] })[0]).toMatch(
    /^no minute job, since .* only at the next deploy or rollback; install cron/,
  )
})

test('a history that was changed is told by its lines', () => {
  expect(recoveryWarnings({ cron: true, brokenLedgerLines: [4, 9] })).toEqual([
    'line 4 of ledger.jsonl does not fit the one before it: the history of this stack was changed by hand',
    'line 9 of ledger.jsonl does not fit the one before it: the history of this stack was changed by hand',
  ])
})
