import { expect, test } from 'vitest'
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
