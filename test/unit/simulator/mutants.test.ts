import { describe, expect, test } from 'vitest'
import { isBoundary } from '../../simulator/enumerate.ts'
import type { Fault, Strike } from '../../simulator/faults.ts'
import { AGENT_MUTANTS } from '../../simulator/mutants/agents.ts'
import { EFFECT_MUTANTS } from '../../simulator/mutants/effects.ts'
import type { Mutant } from '../../simulator/mutants/mutant.ts'
import { ROLLING_MUTANTS } from '../../simulator/mutants/rolling.ts'
import { type Planted, run } from '../../simulator/run.ts'
import type { Case } from '../../simulator/world/cases.ts'

const minute = 60_000
const MUTANTS = [...AGENT_MUTANTS, ...EFFECT_MUTANTS, ...ROLLING_MUTANTS]

test('there are at least twenty planted bugs', () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(20)
})

describe('a planted bug is caught', () => {
  test.each(MUTANTS)('$name: $caughtBy', { timeout: minute }, (mutant) => {
    expect(findingWith(mutant)).toMatch(mutant.caughtBy)
  })
})

/** The first finding of the kind that is looked for, which is not there without the bug. */
function findingWith({ planted, tried, faults, then, caughtBy }: Mutant): string {
  const names = instants(tried, planted)
  const sound = instants(tried)
  for (const at of [Infinity, ...boundariesFirst(names)])
    for (const fault of faults) {
      const found = violations(tried, strikes(tried, at, fault, then, planted), planted)
      const finding = found.find((violation) => caughtBy.test(violation))
      const there = at === Infinity ? at : sound.indexOf(names[at] ?? '')
      const known = there < 0 ? [] : violations(tried, strikes(tried, there, fault, then))
      if (finding !== undefined && !known.includes(finding)) return finding
    }
  return 'nothing'
}

function instants(tried: Case, planted?: Planted): readonly string[] {
  return run({ ...tried, strikes: [{ at: Infinity, fault: 'disk full' }] }, planted).instants.map(({ name }) => name)
}

/** The places of instants, those at the boundaries of steps first; of equal names only the first. */
function boundariesFirst(names: readonly string[]): readonly number[] {
  const places = names.flatMap((name, at) => (names.indexOf(name) === at ? [at] : []))
  const isFirst = (at: number): boolean => isBoundary(names[at] ?? '')
  return [...places.filter(isFirst), ...places.filter((at) => !isFirst(at))]
}

/** With a second strike when all is at rest, where one is wanted. */
function strikes(tried: Case, at: number, fault: Fault, then: Fault | undefined, planted?: Planted): readonly Strike[] {
  const first = [{ at, fault }]
  if (then === undefined || at === Infinity) return first
  const rest = run({ ...tried, strikes: first }, planted).instants.findIndex(({ name }) => name === 'at rest')
  return [...first, { at: rest, fault: then }]
}

function violations(tried: Case, strikes: readonly Strike[], planted?: Planted): readonly string[] {
  try {
    return run({ ...tried, strikes }, planted).violations
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}
