import { describe, expect, test } from 'vitest'
import { DEFECTS } from '../../simulator/defects.ts'
import { aimed, CASES, emptyTally, note, randomDouble, seeded, singleFaults } from '../../simulator/enumerate.ts'
import { run } from '../../simulator/run.ts'
import { answersErrors, isIrreversible } from '../../simulator/world/cases.ts'

/** How many random double faults are tried here; `npm run bench` tries them all. */
const DOUBLES = 3000

const minutes = 6 * 60_000

describe('a deploy that nothing strikes', () => {
  test.each(CASES)('$verb, $world', ({ world, verb }) => {
    const { violations, result } = run({ world, verb, strikes: [] })
    const isBad = world.endsWith('never healthy') || answersErrors({ world, verb })
    const isStuck = isIrreversible(world) && isBad
    const isUndone = (isBad && !isStuck) || world.endsWith('dies in trial')
    expect({ violations, result }).toEqual({
      violations: [],
      result: isUndone ? 'undone' : isStuck ? 'stuck' : 'committed',
    })
  })
})

describe('a deploy that is struck', () => {
  test('once, by each fault at each instant', { timeout: minutes }, () => {
    const tally = emptyTally()
    for (const tried of CASES) for (const trial of singleFaults(tried)) note(tally, trial)
    expect(tally.violations).toEqual([])
    expect(tally.states).toBeGreaterThan(10_000)
  })

  test('twice, at random', { timeout: minutes }, () => {
    const seed = Number(process.env['SIMULATOR_SEED'] ?? Date.now() % 2 ** 31)
    console.log(`SIMULATOR_SEED=${seed}`)
    const random = seeded(seed)
    const tally = emptyTally()
    for (let tries = 0; tries < DOUBLES; tries++) {
      const trial = randomDouble(random)
      if (trial) note(tally, trial)
    }
    expect(tally.violations, `SIMULATOR_SEED=${seed}`).toEqual([])
    expect(tally.states).toBeGreaterThan(DOUBLES / 2)
  })
})

test('each defect that is known is still there', () => {
  for (const { name, example } of DEFECTS) {
    const tally = emptyTally()
    note(tally, aimed(...example))
    expect([...tally.known.keys()]).toContain(name)
  }
})
