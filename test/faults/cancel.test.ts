import { expect, test } from 'vitest'
import { type Cancelled, objectionsTo, SmallStack } from '../support/cancelled-deploy.ts'
import { labFromContext } from '../support/lab/context.ts'
import { randomFrom, seedOfThisRun } from '../support/random.ts'

const CANCELS = 60
/** Stacks that are deployed beside each other. */
const STACKS = 3

test(`${CANCELS} deploys, each cancelled at a random moment, end in time and leave what they should`, async () => {
  const { production, staging, registry } = labFromContext()
  const random = randomFrom(seedOfThisRun())
  const moments = Array.from({ length: CANCELS }, (_, index) => ({ release: `r${index}`, moment: random() })).values()
  const found: string[] = []
  const ends: Cancelled[] = []

  const work = async (_: unknown, index: number): Promise<void> => {
    const host = index % 2 === 0 ? production : staging
    await using stack = await SmallStack.create(host, `cancel-${index}`, registry.url)
    for (const { release, moment } of moments) {
      const end = await stack.deployAndCancel(release, moment)
      ends.push(end)
      const where = `${release}, cancelled after ${end.at.toFixed(2)} s`
      found.push(...objectionsTo(end, stack.live).map((text) => `${where}: ${text}\n${end.main.stdout.slice(-1500)}`))
    }
  }
  await Promise.all(Array.from({ length: STACKS }, work))

  const slowest = Math.max(...ends.map(({ main }) => main.endedAfter ?? 0))
  const counted = Object.entries(Object.groupBy(ends, ({ result }) => result ?? 'never begun'))
  console.log(
    `${ends.length} cancels: ${counted.map(([result, all]) => `${all?.length ?? 0} ${result}`).join(', ')}; slowest end ${slowest.toFixed(2)} s`,
  )
  expect(found).toEqual([])
  expect(ends).toHaveLength(CANCELS)
})
