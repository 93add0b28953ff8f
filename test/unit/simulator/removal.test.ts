import { expect, test } from 'vitest'
import { FAULTS } from '../../simulator/faults.ts'
import { removal } from '../../simulator/removal.ts'

const minutes = 3 * 60_000

test('a stack that nothing strikes is removed', () => {
  expect(removal(Infinity, 'agent killed')).toMatchObject({ violations: [], result: 'committed' })
})

test(
  'struck by each fault at each instant, it is removed whole or not at all, and data is not touched',
  { timeout: minutes },
  () => {
    const { instants } = removal(Infinity, 'agent killed')
    const found: string[] = []
    const results = new Set<string | undefined>()
    for (const fault of FAULTS)
      for (const [at, instant] of instants.entries()) {
        const { struck, violations, result } = removal(at, fault)
        if (!struck) continue
        results.add(result)
        found.push(...violations.map((violation) => `${violation}: ${fault} at ${at} (${instant})`))
      }
    expect(found).toEqual([])
    expect([...results].sort()).toEqual(['committed', 'undone', undefined])
  },
)

test('what is removed before the decision is seen', () => {
  const { instants } = removal(Infinity, 'agent killed')
  const early = instants.flatMap(
    (_, at) =>
      removal(at, 'agent killed', (plan) => {
        const { finish = [], ...phases } = plan.phases
        return { ...plan, phases: { ...phases, switch: finish, finish: [] } }
      }).violations,
  )
  expect(early.join('\n')).toMatch(/changed, although it is undone/)
})
