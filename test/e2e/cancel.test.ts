import { expect, test } from 'vitest'
import type { BundleOptions } from '../support/bundle.ts'
import { Canceller } from '../support/cancelled-deploy.ts'
import { labFromContext } from '../support/lab/context.ts'
import { randomFrom, seedOfThisRun } from '../support/random.ts'
import { SmallStack } from '../support/small-stack.ts'

/** A sample of test/faults/cancel.test.ts: one cancel in each quarter of a deploy. */
test('a deploy that is cancelled ends in time, says where it stands, and leaves what it should', async () => {
  const { production, registry } = labFromContext()
  const random = randomFrom(seedOfThisRun())
  await using stack = await SmallStack.create(production, 'cancel', registry.url)
  const canceller = await Canceller.create(stack)
  for (const quarter of [0, 1, 2, 3]) {
    const { objections } = await canceller.cancel(`r${quarter}`, (quarter + random()) / 4)
    expect(objections).toEqual([])
  }
})

test('a rollback that is cancelled is taken back by its post step, and what was live stays live', async () => {
  const { production, registry } = labFromContext()
  const name = 'cancel-back'
  await using stack = await SmallStack.create(production, name, registry.url)
  for (const release of ['one', 'two']) expect((await stack.deploy(release)).code).toBe(0)
  const back = (options: BundleOptions) => stack.step('rollback', { ...stack.connection, stack: name }, options)

  const controller = new AbortController()
  const rollingBack = back({ signal: controller.signal })
  await expect.poll(async () => (await stack.look('one')).isOpen, { interval: 50, timeout: 60_000 }).toBe(true)
  controller.abort()
  const main = await rollingBack
  expect(main.code, main.stdout).toBe(1)
  expect(main.stdout).toContain('Next: the post step of the action that opened it takes it back now')
  expect(main.endedAfter).toBeLessThan(7.5)

  const post = await back({ state: main.state })
  expect(post.code, post.stdout).toBe(0)
  expect(await stack.look('one')).toEqual({ results: ['committed', 'undone'], serving: ['two'], isOpen: false })
})
