import { expect, test } from 'vitest'
import { type Cancelled, Canceller } from '../support/cancelled-deploy.ts'
import { labFromContext } from '../support/lab/context.ts'
import { randomFrom, seedOfThisRun } from '../support/random.ts'
import { SmallStack } from '../support/small-stack.ts'

const CANCELS = 60
/** Stacks that are deployed beside each other. */
const STACKS = 3

test(`${CANCELS} deploys, each cancelled at a random moment, end in time and leave what they should`, async () => {
  const { production, staging, registry } = labFromContext()
  const random = randomFrom(seedOfThisRun())
  const moments = Array.from({ length: CANCELS }, (_, index) => ({ release: `r${index}`, moment: random() })).values()
  const ends: Cancelled[] = []

  const work = async (_: unknown, index: number): Promise<void> => {
    const host = index % 2 === 0 ? production : staging
    await using stack = await SmallStack.create(host, `cancel-${index}`, registry.url)
    const canceller = await Canceller.create(stack)
    for (const { release, moment } of moments) ends.push(await canceller.cancel(release, moment))
  }
  await Promise.all(Array.from({ length: STACKS }, work))

  const slowest = Math.max(...ends.map(({ main }) => main.endedAfter ?? 0))
  const counted = Object.entries(Object.groupBy(ends, ({ result }) => result))
  console.log(
    `${ends.length} cancels: ${counted.map(([result, all]) => `${all?.length ?? 0} ${result}`).join(', ')}; slowest end ${slowest.toFixed(2)} s`,
  )
  expect(ends.flatMap(({ objections }) => objections)).toEqual([])
  expect(ends).toHaveLength(CANCELS)
})
