import { afterAll, beforeAll, expect, test } from 'vitest'
import { labFromContext } from '../support/lab/context.ts'
import { SmallStack } from '../support/small-stack.ts'

/** Two jobs want the same stack. */
let stack: SmallStack

beforeAll(async () => {
  const { staging, registry } = labFromContext()
  stack = await SmallStack.create(staging, 'waiting', registry.url)
  const { code, stdout } = await stack.deploy('one')
  expect(code, stdout).toBe(0)
})

afterAll(async () => {
  await stack[Symbol.asyncDispose]()
})

const phase = (name: string, transaction: string) =>
  stack.step('deploy-over-ssh', { ...stack.connection, phase: name, transaction, 'confirm-without-checks': 'true' })

test('who does not want to wait any longer is told who held the stack', async () => {
  const prepared = await stack.deploy('two', { phase: 'prepare' })
  const transaction = prepared.outputs['transaction'] ?? ''
  const impatient = await stack.deploy('three', { 'lock-timeout': '2s' })
  expect(impatient.code).toBe(1)
  expect(impatient.stdout).toMatch(
    /for too long; it was a deploy of two by octocat \(https:\/\/\S+\/runs\/1001\/attempts\/1\), prepared, since/,
  )
  const aborted = await stack.step('rollback', { ...stack.connection, transaction })
  expect(aborted.outputs, aborted.stdout).toMatchObject({ state: 'undone' })
  expect((await stack.look('three')).serving).toEqual(['one'])
})

test('a plan that went stale is planned again: the deploy that came between is named', async () => {
  const prepared = await stack.deploy('four', { phase: 'prepare' })
  const transaction = prepared.outputs['transaction'] ?? ''
  const waiting = stack.deploy('five', { 'lock-timeout': '5m' })
  // The other one must have planned and wait by now, or it would find nothing in between.
  await expect.poll(() => stack.isWaitedFor(), { timeout: 180_000 }).toBe(true)
  expect((await phase('switch', transaction)).code).toBe(0)
  expect((await phase('confirm', transaction)).code).toBe(0)
  const { code, stdout } = await waiting
  expect(code, stdout).toBe(0)
  expect(stdout).toContain('it is a deploy of four by octocat')
  expect(stdout).toContain('Planned again: another transaction changed the stack after this one was planned')
  expect(stdout).toContain('In between: deploy of four by octocat, committed')
  expect((await stack.look('five')).serving).toEqual(['five'])
})

test('nothing changed: no transaction, and green', async () => {
  const before = await stack.look('five')
  const { code, stdout, outputs } = await stack.deploy('five')
  expect(code, stdout).toBe(0)
  expect(outputs).toMatchObject({ changed: 'false', state: 'unchanged', transaction: '' })
  expect(await stack.look('five')).toEqual(before)
})
