import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'

/** The bundle as it is shipped, without a transaction, against a site on loopback. */
const bundle = resolve('dist/smoke-test/index.js')

let asked = 0
const site = createServer((request, response) => {
  if (request.url === '/') response.writeHead(200, { 'X-Version': '0123e45' }).end('Welcome')
  else if (request.url === '/api/health') response.end('{"version": "1.2.3", "items": [{"id": 5}]}')
  else if (request.url === '/starting') response.writeHead(++asked < 3 ? 503 : 200).end()
  else if (request.url === '/broken') response.writeHead(502).end(request.headers.authorization)
  else if (request.url !== '/silent') response.writeHead(404).end()
})
let origin = ''

beforeAll(async () => {
  site.listen(0, '127.0.0.1')
  await once(site, 'listening')
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
})
afterAll(() => {
  site.closeAllConnections()
  site.close()
})

/** What GitHub makes of a block scalar: the indentation gone. */
function block(parts: TemplateStringsArray, ...values: readonly string[]): string {
  return String.raw(parts, ...values).replaceAll(/^ {6}/gm, '')
}

/** Starts the bundle as the runner does, in a folder with nothing around it. */
function start(inputs: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'estiba-smoke-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true })
  })
  const files = { GITHUB_OUTPUT: join(folder, 'output'), GITHUB_STEP_SUMMARY: join(folder, 'summary') }
  for (const file of Object.values(files)) writeFileSync(file, '')
  const given = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  const env = { PATH: process.env['PATH'], ...files, ...(Object.fromEntries(given) as Record<string, string>) }
  const child = spawn(process.execPath, [bundle], { cwd: folder, env })
  let log = ''
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    log,
    summary: readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8'),
    outputs: readFileSync(files.GITHUB_OUTPUT, 'utf8'),
  }))
  return { child, ended, log: () => log }
}

test('a site that works: exit 0, the table, the outputs', async () => {
  const { code, log, summary, outputs } = await start({
    'base-url': origin,
    checks: block`
      - path: /
        status: 200
        contains: Welcome
        header: { X-Version: 0123e45 }
        within: 5s
      - path: /api/health
        json: { version: "1.2.3", items.0.id: 5 }
      - name: slow starter
        path: /starting
        every: 50ms
      - { path: /broken, blocking: false, retries: 0 }`,
  }).ended
  expect(log).toContain(`slow starter: expected status 2xx, got 503 (try 1 of 4, again in 50 ms)`)
  expect(log).toMatch(new RegExp(`^good \\(\\d+ ms\\): GET ${origin}/api/health$`, 'm'))
  expect(log).toMatch(/^good \(\d+ ms, 3 tries\): slow starter$/m)
  expect(log).toContain(`::warning::Advisory: GET ${origin}/broken: expected status 2xx, got 502`)
  expect(summary).toContain('### Smoke test: good')
  expect(summary).toMatch(/^\| slow starter \| good \| 200 \| \d+ ms \| 3 of 4 \| as expected \|$/m)
  expect(summary.split('\n').filter((line) => line.startsWith('|'))).toHaveLength(6)
  expect(outputs).toMatch(/^verdict<<(\S+)\ngood\n\1$/m)
  expect(outputs).toMatch(/^\{"verdict":"good","checks":\[\{.*\}\]\}$/m)
  expect(code).toBe(0)
})

test('a site that does not: exit 1, every failure, and no secret', async () => {
  const { code, log, summary, outputs } = await start({
    checks: block`
      - url: ${origin}/broken
        send: { Authorization: Bearer s3cretvalue }
        contains: fine
        retries: 1
        every: 10ms
      - { url: "${origin}/silent", timeout: 200ms, retries: 0 }
      - { url: "http://127.0.0.1:1/", retries: 0 }
      - { url: "${origin}/" }`,
  }).ended
  expect(code).toBe(1)
  expect(log).toContain('::error::smoke test: the site does not answer as it should')
  expect(log).toContain(`GET ${origin}/broken: expected status 2xx, got 502; expected the body to contain "fine"`)
  expect(log).toContain(`GET ${origin}/silent: no whole answer in 200 ms`)
  expect(log).toContain('GET http://127.0.0.1:1/: the connection was refused')
  expect(log).toMatch(new RegExp(`^good .*GET ${origin}/$`, 'm'))
  expect(summary).toContain('### Smoke test: bad')
  expect(outputs).toBe('')
  const withoutMasks = log.replaceAll(/^::add-mask::.*$/gm, '')
  expect(withoutMasks + summary).not.toContain('s3cretvalue')
})

test('inputs that need a change: all of them, and nothing was asked', async () => {
  const { code, log, summary } = await start({ checks: '- path: /\n- url: nowhere\n  stauts: 200', host: 'web1' }).ended
  expect(code).toBe(1)
  expect(log).toContain('checks: line 1: path: needs the input base-url')
  expect(log).toContain('checks: line 2: url: write an address')
  expect(log).toContain('checks: line 3: stauts: unknown key')
  expect(log).toContain('transaction: is required with host')
  expect(summary).toBe('')
})

test('a cancelled job ends at once and says so', async () => {
  const { child, ended, log } = start({
    checks: `[{ url: "${origin}/broken", every: 5m }, { url: "${origin}/silent", timeout: 5m }]`,
  })
  await expect.poll(log, { timeout: 20_000 }).toContain('again in 5 min')
  const since = performance.now()
  child.kill('SIGINT')
  const { code, log: whole, summary } = await ended
  expect(performance.now() - since).toBeLessThan(7500)
  expect(code).toBe(1)
  expect(whole).toContain('::error::smoke test: the job was cancelled before the checks were through')
  expect(summary).toContain('### Smoke test: unknown')
})

test('action.yml names what the bundle reads', () => {
  const { inputs } = parse(readFileSync('actions/smoke-test/action.yml', 'utf8')) as { inputs: object }
  const shipped = readFileSync(bundle, 'utf8')
  for (const name of Object.keys(inputs)) expect(shipped).toContain(`'${name}'`)
})
