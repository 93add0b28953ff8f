import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { labFromContext } from '../support/lab/context.ts'
import { SmallStack } from '../support/small-stack.ts'

/** A scheduler that publishes a port and notes when it begins and ends, and a store with a volume; both get other names. */
let stack: SmallStack

beforeAll(async () => {
  const { staging, registry } = labFromContext()
  stack = await SmallStack.create(
    staging,
    'renamed',
    registry.url,
    `
  beat:
    image: IMAGE
    command: ["sh", "-c", "note() { echo $$1 $$(hostname) >>/seen/log; }; trap 'note ends; exit 0' TERM; note begins; while :; do sleep 0.1; done"]
    stop_signal: SIGTERM
    labels: { estiba.kind: scheduler }
    environment: { RELEASE: "\${RELEASE}" }
    volumes: ["./data:/seen"]
    ports: ["127.0.0.1:18231:80"]
    restart: always
  db:
    image: IMAGE
    labels: { estiba.kind: data }
    volumes: ["kept:/kept"]
    restart: always
volumes: { kept: }
`,
  )
  const { code, stdout } = await stack.deploy('one')
  expect(code, stdout).toBe(0)
})

afterAll(async () => {
  await stack[Symbol.asyncDispose]()
})

/** Gives a service another name in the compose file. */
async function rename(from: string, to: string): Promise<void> {
  const file = join(stack.inputs('')['project-directory'] ?? '', 'compose.yml')
  await writeFile(file, (await readFile(file, 'utf8')).replace(`\n  ${from}:\n`, `\n  ${to}:\n`))
}

/** What the schedulers have noted, one after the other: `begins`, `ends`, and in which container. */
async function noted(): Promise<readonly (readonly string[])[]> {
  return (await stack.read('project/data/log'))
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
}

const phase = (name: string, transaction: string) =>
  stack.step('deploy-over-ssh', { ...stack.connection, phase: name, transaction, 'confirm-without-checks': 'true' })

test('a scheduler with another name never runs beside the one before, which comes back after a failed trial', async () => {
  const [beat = ''] = await stack.containers('beat')
  await rename('beat', 'clock')
  const prepared = await stack.deploy('two', { phase: 'prepare' })
  expect(prepared.stdout).toContain('clock  create   scheduler: renamed: was beat')
  const transaction = prepared.outputs['transaction'] ?? ''
  const switched = await phase('switch', transaction)
  expect(switched.code, switched.stdout).toBe(0)
  const [clock = ''] = await stack.containers('clock')
  await expect.poll(noted).toEqual([
    ['begins', beat],
    ['ends', beat],
    ['begins', clock],
  ])

  const back = await stack.step('rollback', { ...stack.connection, transaction })
  expect(back.outputs, back.stdout).toMatchObject({ state: 'undone' })
  // What failed is kept, stopped.
  expect([await stack.containers('beat'), await stack.containers('clock')]).toEqual([[beat], [clock]])
  await expect
    .poll(async () => (await noted()).slice(3))
    .toEqual([
      ['ends', clock],
      ['begins', beat],
    ])
})

test('once it is confirmed nothing is left of the one before', async () => {
  const [beat = ''] = await stack.containers('beat')
  const { code, stdout } = await stack.deploy('three')
  expect(code, stdout).toBe(0)
  const [clock = ''] = await stack.containers('clock')
  expect(await stack.containers('beat')).toEqual([])
  await expect
    .poll(async () => (await noted()).slice(5))
    .toEqual([
      ['ends', beat],
      ['begins', clock],
    ])
  expect(clock).not.toBe('')
})

test('a store with another name is not started on the data of the one that runs', async () => {
  const db = await stack.containers('db')
  await rename('db', 'store')
  const { code, stdout } = await stack.deploy('four')
  expect(code).toBe(1)
  expect(stdout).toContain('services.store would write to renamed_kept, to which renamed-db-1')
  expect([await stack.containers('db'), await stack.containers('store')]).toEqual([db, []])
  expect((await stack.look('four')).results).toEqual([])
})
