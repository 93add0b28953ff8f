import { afterAll, beforeAll, expect, test } from 'vitest'
import { labFromContext } from '../support/lab/context.ts'
import { SmallStack } from '../support/small-stack.ts'

/** A service waits for a job, which notes each of its runs and fails when the release is called `bad`. */
let stack: SmallStack

beforeAll(async () => {
  const { staging, registry } = labFromContext()
  stack = await SmallStack.create(
    staging,
    'jobs',
    registry.url,
    `    depends_on: { init: { condition: service_completed_successfully } }
  init:
    image: IMAGE
    command: ["sh", "-c", "echo \${RELEASE} >>/seen/runs; [ \${RELEASE} != bad ]"]
    volumes: ["./data:/seen"]
`,
  )
})

afterAll(async () => {
  await stack[Symbol.asyncDispose]()
})

const runs = async (): Promise<readonly string[]> => (await stack.read('project/data/runs')).trim().split('\n')

test('runs with a release, before what waits for it', async () => {
  const { code, stdout } = await stack.deploy('one')
  expect(code, stdout).toBe(0)
  expect(stdout).toContain('init  create   job: it has not run yet (web waits until it has completed)')
  expect(await runs()).toEqual(['one'])
  expect((await stack.look('one')).serving).toEqual(['one'])
})

test('when it fails, the old release goes on, and its last words are told', async () => {
  const { code, stdout } = await stack.deploy('bad')
  expect(code).toBe(1)
  expect(stdout).toMatch(/init \(\S+\) is exited, exit code 1/)
  expect(await runs()).toEqual(['one', 'bad'])
  expect(await stack.look('bad')).toMatchObject({ results: ['undone'], serving: ['one'] })
})

test('leaves one container behind, however many releases there were', async () => {
  const { code, stdout } = await stack.deploy('two')
  expect(code, stdout).toBe(0)
  expect(await runs()).toEqual(['one', 'bad', 'two'])
  expect(await stack.containers('init')).toHaveLength(1)
})

test('does not run where nothing changed, nor in a rollback', async () => {
  expect((await stack.deploy('two')).outputs).toMatchObject({ changed: 'false' })
  const back = await stack.step('rollback', { ...stack.connection, stack: 'jobs' })
  expect(back.code, back.stdout).toBe(0)
  expect(back.stdout).toContain('a rollback runs no job')
  expect(await runs()).toEqual(['one', 'bad', 'two'])
  expect((await stack.look('one')).serving).toEqual(['one'])
})
