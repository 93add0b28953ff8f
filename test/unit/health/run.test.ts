import { expect, onTestFinished, test } from 'vitest'
import type { Answer } from '../../../src/health/expectation.ts'
import type { Ask, Reply } from '../../../src/health/http.ts'
import { leaseFor, longestSeconds, runChecks } from '../../../src/health/run.ts'
import { FakeJob } from '../../support/fake-job.ts'
import { aCheck, Site } from './site.ts'

const status = (code: number): Reply => {
  const answer: Answer = { status: code, headers: {}, body: '', cut: false, ms: 12 }
  return { kind: 'answered', answer }
}
const down: Reply = { kind: 'down', why: 'refused' }
const untold: Reply = { kind: 'untold', why: 'no DNS' }

/** Gives these replies one after the other, the last one for ever. */
const replying = (...replies: readonly Reply[]): Ask => {
  let next = 0
  return () => Promise.resolve(replies[Math.min(next++, replies.length - 1)] ?? down)
}

test.each([
  ['the first answer fits', [status(200)], 'good', 1, []],
  ['a later answer fits', [status(502), down, untold, status(200)], 'good', 4, []],
  ['no answer fits', [status(502), status(503)], 'bad', 4, ['expected status 2xx, got 503']],
  ['it is down', [down], 'bad', 4, ['refused']],
  ['it was good never, and last could not be told', [status(502), untold], 'unknown', 4, ['no DNS']],
  ['it could not be told, and last was down', [untold, untold, untold, down], 'bad', 4, ['refused']],
] as const)('a check of which %s', async (_, replies, verdict, tries, failures) => {
  const report = await runChecks([aCheck({ retries: 3 })], new FakeJob(), replying(...replies))
  expect(report.verdict).toBe(verdict)
  expect(report.results).toMatchObject([{ verdict, tries, failures }])
})

test.each([
  [['good', 'unknown', 'bad'], [], 'bad'],
  [['good', 'unknown'], [], 'unknown'],
  [['good'], ['bad', 'unknown'], 'good'],
  [['unknown'], ['bad'], 'unknown'],
] as const)('blocking %j and advisory %j', async (blocking, advisory, verdict) => {
  const replies = { good: status(200), bad: down, unknown: untold }
  const checks = [
    ...blocking.map((name) => aCheck({ name })),
    ...advisory.map((name) => aCheck({ name, blocking: false })),
  ]
  const ask: Ask = ({ name }) => Promise.resolve(replies[name as keyof typeof replies])
  expect((await runChecks(checks, new FakeJob(), ask)).verdict).toBe(verdict)
})

test('each failed try is told while it waits for the next', async () => {
  const job = new FakeJob()
  await runChecks([aCheck({ retries: 2, everyMs: 1 })], job, replying(status(502), status(200)))
  expect(job.lines).toEqual(['front: expected status 2xx, got 502 (try 1 of 3, again in 1 ms)'])
})

test('many at once, but not too many, and in their order', async () => {
  let [open, most] = [0, 0]
  const ask: Ask = async ({ name }) => {
    most = Math.max(most, ++open)
    await new Promise((resolve) => setTimeout(resolve, 20 - Number(name)))
    open--
    return status(200)
  }
  const names = Array.from({ length: 20 }, (_, index) => String(index))
  const { results } = await runChecks(
    names.map((name) => aCheck({ name })),
    new FakeJob(),
    ask,
  )
  expect(results.map(({ check }) => check.name)).toEqual(names)
  expect([open, most]).toEqual([0, 8])
})

test('a cancelled job ends at once, whatever it was waiting for', async () => {
  const job = new FakeJob()
  const checks = Array.from({ length: 9 }, () => aCheck({ retries: 5, everyMs: 60_000 }))
  const start = performance.now()
  setTimeout(() => {
    job.cancel()
  }, 50)
  const { verdict, results } = await runChecks(checks, job, replying(down))
  expect(performance.now() - start).toBeLessThan(20_000)
  expect(verdict).toBe('unknown')
  expect(results[0]).toMatchObject({
    tries: 1,
    failures: ['refused', 'the job was cancelled before all tries were made'],
  })
  expect(results[8]).toMatchObject({ verdict: 'unknown', tries: 0 })
})

test('a bug is thrown, not taken for a verdict', async () => {
  const ask: Ask = () => Promise.reject(new TypeError('bug'))
  await expect(runChecks([aCheck()], new FakeJob(), ask)).rejects.toThrow('bug')
})

test('secrets that are sent are masked, harmless headers are not', async () => {
  const job = new FakeJob()
  const send = { Authorization: 'Bearer abcdef', 'X-Api-Key': 'k3y', Accept: 'application/json', 'X-Shard': '1' }
  await runChecks([aCheck({ send, body: 'b0dy' })], job, replying(down))
  expect(new Set(job.masked)).toEqual(new Set(['Bearer abcdef', 'abcdef', 'k3y']))
  expect(job.lines.join()).not.toMatch(/abcdef|k3y|b0dy/)
})

test('on a real site that needs a moment', async () => {
  let asked = 0
  const site = await Site.open({ '/': (_, response) => response.writeHead(++asked < 3 ? 503 : 200).end() })
  onTestFinished(() => site[Symbol.asyncDispose]())
  const { verdict, results } = await runChecks([site.check('/', { retries: 5 })], new FakeJob())
  expect(verdict).toBe('good')
  expect(results).toMatchObject([{ tries: 3, status: 200 }])
})

test.each([
  ['none', [], 0],
  [
    'the slowest of a few',
    [aCheck({ timeoutMs: 1000, retries: 0 }), aCheck({ timeoutMs: 500, retries: 3, everyMs: 1500 })],
    7,
  ],
  ['a queue of many', Array.from({ length: 16 }, () => aCheck({ timeoutMs: 10_000, retries: 0 })), 30],
])('how long the checks may take: %s', (_, checks, seconds) => {
  expect(longestSeconds(checks)).toBe(seconds)
})

test('a lease outlasts the checks and their report, and is not shortened for them', () => {
  const checks = [aCheck({ timeoutMs: 10_000, retries: 1, everyMs: 2000 })]
  expect(leaseFor(checks, 0)).toBe(22 + 30)
  expect(leaseFor(checks, 300)).toBe(300)
  expect(leaseFor([], 300)).toBe(300)
})
