import { expect, test } from 'vitest'
import { askToken, runChecksAhead } from '../../../src/health/ahead.ts'
import type { Check } from '../../../src/health/check.ts'
import type { Ask, Reply } from '../../../src/health/http.ts'
import { FakeJob } from '../../support/fake-job.ts'
import { aCheck } from './site.ts'

const TRANSACTION = 't-20261121T233000Z-1f2e3d.0123456789abcdef'
const TOKEN = askToken(TRANSACTION)

const saying = (status: number, body = ''): Reply => ({
  kind: 'answered',
  answer: { status, headers: {}, body, cut: false, ms: 1 },
})

/** An edge that leads whoever has the token to a release that answers with 500, and all others to one that answers with 200. */
const leading: Ask = ({ url, send }) => {
  const isLed = send['Estiba-Ask'] === TOKEN
  if (url.pathname === '/.well-known/estiba') return Promise.resolve(isLed ? saying(200, `${TOKEN}\n`) : saying(404))
  return Promise.resolve(saying(isLed ? 500 : 200))
}

/** One that knows nothing of it, or behind something that takes the header away. */
const deaf: Ask = ({ url }) => Promise.resolve(saying(url.pathname === '/.well-known/estiba' ? 404 : 200))

test('the token is one for each transaction, of letters and digits that an edge takes', () => {
  expect(TOKEN).toMatch(/^[0-9a-f]{32}$/)
  expect(askToken(`${TRANSACTION}0`)).not.toBe(TOKEN)
})

test('each check goes to the new release, with what it sends besides', async () => {
  const asked: Check[] = []
  const ask: Ask = (check, signal) => {
    asked.push(check)
    return leading(check, signal)
  }
  const report = await runChecksAhead([aCheck({ send: { Accept: 'text/html' } })], TRANSACTION, new FakeJob(), ask)
  expect(report?.verdict).toBe('bad')
  expect(asked.at(-1)?.send).toEqual({ Accept: 'text/html', 'Estiba-Ask': TOKEN })
})

test('a site that does not lead there is left to the trial, and that is said', async () => {
  const job = new FakeJob()
  expect(await runChecksAhead([aCheck({})], TRANSACTION, job, deaf)).toBeUndefined()
  expect(job.lines.join('\n')).toContain('/.well-known/estiba does not lead to the new release')
})

test('of several sites only those are asked that lead there', async () => {
  const checks = ['https://one.example/', 'https://two.example/'].map((url) => aCheck({ name: url, url: new URL(url) }))
  const ask: Ask = (check, signal) => (check.url.hostname.startsWith('one') ? leading : deaf)(check, signal)
  const report = await runChecksAhead(checks, TRANSACTION, new FakeJob(), ask)
  expect(report?.results.map(({ check }) => check.name)).toEqual(['https://one.example/'])
})
