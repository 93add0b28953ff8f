import { type ChildProcess, spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'
import { until } from '../support/until.ts'

const code = join(import.meta.dirname, '../../examples/shop/frontend/server.js')
const products = [{ id: 1, name: '<Rope> & "Anchor"', price: 1990 }]

let api: Server
let frontend: ChildProcess
let url: string

beforeEach(async () => {
  api = createServer((_, response) => {
    setTimeout(() => response.end(JSON.stringify({ version: 'v2', products })), 500)
  })
  await once(api.listen(0, '127.0.0.1'), 'listening')
  const env = { PATH: process.env['PATH'], PORT: '0', APP_VERSION: 'v1', API_URL: base(api) }
  frontend = spawn(process.execPath, [code], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  url = `http://127.0.0.1:${await listening(frontend)}`
})

afterEach(() => {
  frontend.kill('SIGKILL')
  api.close()
})

function base(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The port that the frontend tells it listens on. */
async function listening({ stdout }: ChildProcess): Promise<string> {
  let output = ''
  if (stdout === null) throw new Error('The frontend has no output.')
  for await (const chunk of on(stdout, 'data', { close: ['end'] })) {
    output += String(chunk)
    const port = /listens on (\d+)\./.exec(output)?.[1]
    if (port !== undefined) return port
  }
  throw new Error(`The frontend never listened:\n${output}`)
}

test('shows what the api sells as text, whatever is in it', async () => {
  const page = await (await fetch(url)).text()
  expect(page).toContain('<li>&#60;Rope&#62; &#38; &#34;Anchor&#34; <b>19.90</b></li>')
  expect(page).toContain('frontend v1, api v2')
})

test('says that the shop is closed while the api is away', async () => {
  api.close()
  const response = await fetch(url)
  expect(response.status).toBe(502)
  expect(await response.text()).toContain('The shop is closed for a moment.')
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
})

test('answers what is under way after SIGTERM, takes nothing new, and exits with 0', async () => {
  const exited = once(frontend, 'exit')
  const asked = once(api, 'request')
  const underWay = fetch(url)
  await asked
  frontend.kill('SIGTERM')
  const isRefused = () =>
    fetch(`${url}/healthz`)
      .then(Boolean, () => false)
      .then((answers) => !answers)
  await until(isRefused, 'it to take nothing new')
  const response = await underWay
  expect(response.status).toBe(200)
  expect(response.headers.get('connection')).toBe('close')
  expect(await exited).toEqual([0, null])
})
