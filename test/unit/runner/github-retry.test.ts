import { expect, test } from 'vitest'
import { retryDelay } from '../../../src/runner/github-retry.ts'

const now = Date.parse('2026-01-02T03:04:05Z')
const reset = String(now / 1000 + 30)

test.each([
  ['a broken server, at first', { status: 500, headers: {} }, 1, 1000],
  ['a broken server, again', { status: 502, headers: {} }, 3, 4000],
  ['no answer', { status: 0, headers: {} }, 1, 1000],
  ['five attempts', { status: 500, headers: {} }, 5, undefined],
  ['a limit with its length', { status: 429, headers: { 'retry-after': '12' } }, 1, 12_000],
  ['a limit without one', { status: 429, headers: {} }, 1, 60_000],
  [
    'a limit with its end',
    { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset } },
    1,
    30_000,
  ],
  ['a limit that ends too late', { status: 403, headers: { 'retry-after': '3600' } }, 1, undefined],
  ['a missing permission', { status: 403, headers: { 'x-ratelimit-remaining': '4999' } }, 1, undefined],
  ['something that is not there', { status: 404, headers: {} }, 1, undefined],
  ['a wrong request', { status: 422, headers: {} }, 1, undefined],
])('%s', (_, refusal, attempt, delay) => {
  expect(retryDelay(refusal, attempt, now)).toBe(delay)
})
