import { expect, test } from 'vitest'
import { tellEnding } from '../../../src/agent/ending.ts'
import type { Progress } from '../../../src/agent/progress.ts'
import { FakeJob } from '../../support/fake-job.ts'

test.each<[Progress, string]>([
  [
    { kind: 'ended', result: 'undone', cause: 'not-confirmed-by-the-job' },
    'Undone: the release before serves (its job ended without confirming it).',
  ],
  [{ kind: 'ended', result: 'committed', cause: '' }, 'The release is confirmed; there is nothing to take back.'],
  [
    { kind: 'ended', result: 'stuck', cause: 'aborted' },
    'error: Stuck: it could neither go on nor be taken back. What runs now goes on running; a human must look at it.',
  ],
  [
    { kind: 'gone' },
    'warning: The transaction could not be ended now; the server goes back by itself when the lease is over.',
  ],
  [
    { kind: 'waiting', state: 'trial', lease: 300 },
    'warning: The transaction could not be ended now; the server goes back by itself when the lease is over.',
  ],
])('%j', (progress, line) => {
  const job = new FakeJob()
  tellEnding(progress, job.log)
  expect(job.lines).toEqual([line])
})
