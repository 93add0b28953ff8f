import { afterAll, beforeAll, expect, test } from 'vitest'

import { labFromContext } from '../support/lab/context.ts'
import { ShopStack } from '../support/shop-stack.ts'

const programs = ['frontend', 'api', 'worker', 'scheduler']

let stack: ShopStack

beforeAll(async () => {
  stack = await ShopStack.create(labFromContext().registry.url)
  await stack.build('v1')
  expect(await stack.migrate()).toMatchObject({ code: 0 })
})

afterAll(async () => {
  await stack[Symbol.asyncDispose]()
})

/** Runs each program alone, in the foreground, until it ends. */
function runAlone() {
  return Promise.all(
    programs.map(async (program) => {
      const started = performance.now()
      const exited = await stack.compose('run', '--rm', '--no-deps', program)
      return { ...exited, seconds: (performance.now() - started) / 1000 }
    }),
  )
}

/** Runs the service's own health check in its container; resolves to the exit codes by program. */
async function check(): Promise<Readonly<Record<string, number>>> {
  const rendered = JSON.parse(await stack.must('config', '--format', 'json')) as {
    services: Record<string, { healthcheck: { test: [string, ...string[]] } }>
  }
  const codes = programs.map(async (program): Promise<[string, number]> => {
    const [kind, ...args] = rendered.services[program]?.healthcheck.test ?? ['CMD', 'missing']
    // A rendered file could be read again, so its dollars are doubled.
    const argv = (kind === 'CMD' ? args : ['sh', '-c', ...args]).map((arg) => arg.replaceAll('$$', '$'))
    return [program, (await stack.compose('exec', '-T', program, ...argv)).code]
  })
  return Object.fromEntries(await Promise.all(codes))
}

test('crash-at-start: each program exits with 1 at once', async () => {
  await stack.build('v2', 'crash-at-start')
  for (const { code, output, seconds } of await runAlone()) {
    expect(output).toContain('Crashed at start, as rehearsed.')
    expect(code).toBe(1)
    expect(seconds).toBeLessThan(20)
  }
})

test('crash-after-10s: each program exits with 1 ten seconds after its start', async () => {
  await stack.build('v3', 'crash-after-10s')
  for (const { code, output, seconds } of await runAlone()) {
    expect(output).toContain('Crashed after 10 seconds, as rehearsed.')
    expect(code).toBe(1)
    expect(seconds).toBeGreaterThan(10)
  }
})

test('never-healthy: the programs work, and their health checks fail', async () => {
  await stack.build('v1')
  await stack.must('up', '--detach', '--wait')
  expect(await check()).toEqual({ frontend: 0, api: 0, worker: 0, scheduler: 0 })
  await stack.build('v4', 'never-healthy')
  // One by one, since the frontend would wait for an api that is healthy.
  await Promise.all(programs.map((program) => stack.must('up', '--detach', '--no-deps', program)))
  await expect.poll(async () => (await stack.fetch('/')).status, { timeout: 20_000 }).toBe(200)
  await stack.orderDone(await stack.order())
  expect(await check()).toEqual({ frontend: 1, api: 1, worker: 1, scheduler: 1 })
})

test('errors: every twentieth answer is a 500, and the health checks are fine', async () => {
  await stack.build('v5', 'errors')
  await stack.must('up', '--detach', '--wait')
  const products = `${await stack.url()}/api/products`
  const seen: number[] = []
  for (let count = 0; count < 100; count++) seen.push((await fetch(products)).status)
  expect(seen.filter((status) => status === 500)).toHaveLength(5)
  expect(seen.filter((status) => status === 200)).toHaveLength(95)
  expect(await check()).toEqual({ frontend: 0, api: 0, worker: 0, scheduler: 0 })
})

test('slow-start: nothing listens for 20 seconds, then it is healthy, and it ends by itself while it starts', async () => {
  await stack.build('v6', 'slow-start')
  const started = performance.now()
  await Promise.all(programs.map((program) => stack.must('up', '--detach', '--no-deps', '--wait', program)))
  expect((performance.now() - started) / 1000).toBeGreaterThan(20)

  await stack.must('restart', ...programs)
  const starts = async () => (await stack.must('logs', ...programs)).match(/Starts slowly/g)?.length
  await expect.poll(starts, { timeout: 20_000 }).toBe(10)
  await stack.must('stop', ...programs)
  const ended = await stack.must('ps', '--all', '--format', '{{.Service}} {{.ExitCode}}', ...programs)
  expect(ended.split('\n').sort()).toEqual(['api 0', 'frontend 0', 'scheduler 0', 'worker 0', 'worker 0'])
})

test('failing-migration: fails half-way, leaves the index, and the next version goes on from there', async () => {
  const left = () => stack.query("SELECT to_regclass('orders_received_at'), to_regclass('discounts')")
  await stack.build('v7', 'failing-migration')
  const { code, output } = await stack.migrate()
  expect(output).toContain('The migration failed half-way, as rehearsed.')
  expect(code).toBe(1)
  expect(await left()).toBe('orders_received_at|')
  expect(await stack.query('SELECT version_num FROM alembic_version')).toBe('0003')

  await stack.shop.addMigration('stock', 'ALTER TABLE products ADD COLUMN stock integer NOT NULL DEFAULT 10')
  await stack.build('v8')
  expect(await stack.migrate()).toMatchObject({ code: 0 })
  expect(await stack.query('SELECT version_num FROM alembic_version')).toBe('0004')
})
