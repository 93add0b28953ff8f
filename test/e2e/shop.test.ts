import { afterAll, beforeAll, expect, test } from 'vitest'

import { labFromContext } from '../support/lab/context.ts'
import { ShopStack } from '../support/shop-stack.ts'

const programs = ['frontend', 'api', 'worker', 'scheduler']

let stack: ShopStack

beforeAll(async () => {
  stack = await ShopStack.create(labFromContext().registry.url)
  await stack.build('v1')
  expect(await stack.migrate()).toMatchObject({ code: 0 })
  await stack.must('up', '--detach', '--wait')
})

afterAll(async () => {
  await stack[Symbol.asyncDispose]()
})

test('shows the page, with the products and the versions of both', async () => {
  const response = await stack.fetch('/')
  const page = await response.text()
  expect(response.headers.get('x-version')).toBe('v1')
  expect(page).toContain('<li>Compass <b>24.50</b></li>')
  expect(page).toContain('frontend v1, api v1')
})

test('has an api that is healthy, ready, and tells its version', async () => {
  const answers = await Promise.all(['healthz', 'readyz', 'products'].map((path) => stack.fetch(`/api/${path}`)))
  expect(answers.map(({ status, headers }) => [status, headers.get('x-version')])).toEqual(Array(3).fill([200, 'v1']))
})

test('refuses an order for what it does not sell', async () => {
  const headers = { 'content-type': 'application/json' }
  const order = (body: string) => stack.fetch('/api/orders', { method: 'POST', headers, body })
  expect((await order('{"product_id": 99}')).status).toBe(404)
  expect((await order('{"product_id": 1, "quantity": 0}')).status).toBe(422)
})

test('gets an order done, and keeps it when everything is stopped and started', async () => {
  const id = await stack.order()
  await stack.orderDone(id)
  await stack.must('down')
  await stack.must('up', '--detach', '--wait')
  await stack.orderDone(id)
})

test('does an order whose worker died with it in hand', async () => {
  await stack.must('stop', 'worker')
  const id = await stack.order()
  await stack.must('exec', '-T', 'redis', 'redis-cli', 'lmove', 'orders:waiting', 'orders:taken', 'right', 'left')
  await stack.must('start', 'worker')
  await stack.orderDone(id)
})

test('lets each program end its work when it is told to, long before it would be killed', async () => {
  await stack.must('up', '--detach', '--wait')
  const id = await stack.order()
  await stack.must('stop', ...programs)
  const ended = await stack.must('ps', '--all', '--format', '{{.Service}} {{.ExitCode}}', ...programs)
  // uvicorn ends in order, and then by the signal that it was told by.
  expect(ended.split('\n').sort()).toEqual(['api 143', 'frontend 0', 'scheduler 0', 'worker 0', 'worker 0'])
  expect(await stack.must('logs', '--no-log-prefix', 'api')).toContain('Application shutdown complete.')
  expect(await stack.must('exec', '-T', 'redis', 'redis-cli', 'llen', 'orders:taken')).toBe('0')
  await stack.must('up', '--detach', '--wait')
  await stack.orderDone(id)
})

test('has one scheduler, whose heartbeats show when there are two', async () => {
  await stack.must('up', '--detach', '--wait')
  const containers = () =>
    stack.query("SELECT count(DISTINCT container) FROM heartbeats WHERE at > now() - interval '3 seconds'")
  await expect.poll(containers, { timeout: 10_000 }).toBe('1')
  await stack.must('up', '--detach', '--wait', '--scale', 'scheduler=2')
  await expect.poll(containers, { timeout: 10_000 }).toBe('2')
})

test('moves to another version behind the same nginx', async () => {
  const nginx = await stack.must('ps', '--quiet', 'nginx')
  await stack.build('v2')
  await stack.must('up', '--detach', '--wait')
  await expect.poll(async () => (await stack.fetch('/')).text(), { timeout: 5000 }).toContain('frontend v2, api v2')
  expect(await stack.must('ps', '--quiet', 'nginx')).toBe(nginx)
})
