import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Inputs, Membership } from '../../../actions/smoke-test/inputs.ts'
import { smokeTest } from '../../../actions/smoke-test/smoke-test.ts'
import type { JoinTrial } from '../../../actions/smoke-test/trial.ts'
import { StepError } from '../../../src/errors.ts'
import { FakeJob } from '../../support/fake-job.ts'
import { aCheck, Site } from '../health/site.ts'

let site: Site
beforeAll(async () => {
  site = await Site.open({
    '/good': (_, response) => response.end('Welcome'),
    '/bad': (_, response) => response.writeHead(502).end(),
  })
})
afterAll(() => site[Symbol.asyncDispose]())

const membership: Membership = {
  connection: { host: { user: 'deploy', name: 'web1', port: 22 }, privateKey: 'KEY', knownHosts: 'web1 x' },
  path: '/srv/shop',
  transaction: 'tx-1',
}

/** The message of what must be a StepError, without the port of this run. */
function messageOf(outcome: unknown): string {
  if (!(outcome instanceof StepError)) throw new Error('not a StepError', { cause: outcome })
  return outcome.message.replaceAll(site.origin, 'http://site')
}

/** Runs the verb and says what came of it, in order. */
async function run(inputs: Inputs, { job = new FakeJob(), refusal }: { job?: FakeJob; refusal?: Error } = {}) {
  const reported: string[] = []
  const leases: number[] = []
  const join: JoinTrial = ({ transaction }) =>
    Promise.resolve({
      lengthen: (seconds) => {
        leases.push(seconds)
        return Promise.resolve()
      },
      report: (verdict) => {
        reported.push(`${transaction}: ${verdict}`)
        return refusal === undefined ? Promise.resolve() : Promise.reject(refusal)
      },
      [Symbol.asyncDispose]: () => {
        reported.push('left')
        return Promise.resolve()
      },
    })
  const outcome = await smokeTest(inputs, job, join).catch((error: unknown) => error)
  return { outcome, reported, leases, job }
}

test('good: reported, shown, handed on', async () => {
  const { outcome, reported, job } = await run({ checks: [site.check('/good')], membership })
  expect(reported).toEqual(['tx-1: good', 'left'])
  expect(outcome).toMatchObject({ verdict: 'good', report: expect.stringContaining('"status":200') as string })
  expect(job.summary).toContain('### Smoke test: good')
  expect(job.lines).toEqual([
    '> Ask the site',
    '< Ask the site',
    expect.stringMatching(/^good \(\d+ ms\): \/good$/),
    'The transaction knows: good.',
  ])
})

test('without a transaction nothing is reported', async () => {
  const { outcome, reported } = await run({ checks: [site.check('/good')] })
  expect(reported).toEqual([])
  expect(outcome).toMatchObject({ verdict: 'good' })
})

test('the lease is made as long as the checks may take, before they begin', async () => {
  const slow = { timeoutMs: 20_000, retries: 4, everyMs: 10_000 }
  const { leases } = await run({ checks: [site.check('/good'), site.check('/good', slow)], membership })
  expect(leases).toEqual([5 * 20 + 4 * 10 + 30])
})

test('bad: reported first, then the step fails', async () => {
  const { outcome, reported, job } = await run({ checks: [site.check('/bad'), site.check('/good')], membership })
  expect(reported).toEqual(['tx-1: bad', 'left'])
  expect(job.summary).toContain('expected status 2xx, got 502')
  expect(messageOf(outcome)).toMatchInlineSnapshot(`
    "smoke test: the site does not answer as it should
        /bad (GET http://site/bad): expected status 2xx, got 502
    State: The transaction has the verdict. This step confirmed nothing. Unless the trial is confirmed, the server goes back by itself when the lease ends, or stays where a migration forbids the way back.
    Next: Look at the services' logs, or correct the check that expects something else."
  `)
})

test('bad without a transaction says nothing of one', async () => {
  const { outcome } = await run({ checks: [site.check('/bad')] })
  expect(messageOf(outcome)).toMatchInlineSnapshot(`
    "smoke test: the site does not answer as it should
        /bad (GET http://site/bad): expected status 2xx, got 502
    Next: Look at the services' logs, or correct the check that expects something else."
  `)
})

test('advisory: a warning, and good', async () => {
  const { outcome, reported, job } = await run({
    checks: [site.check('/good'), site.check('/bad', { blocking: false })],
    membership,
  })
  expect(outcome).toMatchObject({ verdict: 'good' })
  expect(reported).toEqual(['tx-1: good', 'left'])
  expect(job.lines).toContain(`warning: Advisory: /bad (GET ${site.origin}/bad): expected status 2xx, got 502`)
})

test('the server could not be told: whatever the verdict, the message has it', async () => {
  const refusal = new StepError({ step: 'connect', host: 'deploy@web1', why: 'the connection was lost' })
  const good = await run({ checks: [site.check('/good')], membership }, { refusal })
  expect(messageOf(good.outcome)).toMatchInlineSnapshot(`
    "report the smoke test on deploy@web1: the checks found the release good, but the server did not acknowledge it: connect on deploy@web1: the connection was lost
    State: This step confirmed nothing. Unless the trial is confirmed, the server goes back by itself when the lease ends, or stays where a migration forbids the way back.
    Next: Look at why the server did not answer or refused, then run the job again."
  `)
  expect((good.outcome as StepError).cause).toBe(refusal)
  const bad = await run({ checks: [site.check('/bad')], membership }, { refusal })
  expect(messageOf(bad.outcome)).toContain('the checks found the release bad, but the server did not acknowledge it')
})

test('a bug in reporting stays one', async () => {
  const refusal = new TypeError('bug')
  expect((await run({ checks: [site.check('/good')], membership }, { refusal })).outcome).toBe(refusal)
})

test('cancelled: nothing is reported, and the step says so', async () => {
  const job = new FakeJob()
  job.cancel()
  const { outcome, reported } = await run({ checks: [aCheck()], membership }, { job })
  expect(reported).toEqual(['left'])
  expect(messageOf(outcome)).toMatchInlineSnapshot(`
    "smoke test: the job was cancelled before the checks were through
    State: No verdict was reported. This step confirmed nothing. Unless the trial is confirmed, the server goes back by itself when the lease ends, or stays where a migration forbids the way back."
  `)
})
