import { expect, test } from 'vitest'
import { planSummary } from '../../../src/plan/summary.ts'
import { planSwitch } from '../../../src/plan/switch.ts'
import { hostWith, shopRelease } from '../../support/stack.ts'

test('the services are a table, the steps are folded away', () => {
  const observation = hostWith(shopRelease('v1', '1'))
  const to = shopRelease('v2', '2')
  const plan = planSwitch({
    title: 'deploy v2',
    to,
    observation,
    healthyWithin: 120,
    keep: 5,
    drain: 30,
    from: 'registry',
  })
  const [table, steps = ''] = planSummary({ ...plan, phases: {} }).split('<details>')
  expect(table).toMatchInlineSnapshot(`
    "### Plan: deploy v2

    | Service | Kind | Action | Why |
    | --- | --- | --- | --- |
    | db | data | leave | a deploy never touches data &#40;its image is postgres, a store&#41; |
    | api | web | replace | its image changed &#40;worker depends on it&#41;; down from the stop of the old until the new is healthy: at most 15 s to stop, plus its start |
    | worker | worker | replace | its image changed &#40;&#96;worker&#96; in its name says that it looks for its work itself&#41;; its work waits from the stop of the old until the new is healthy: at most 30 s to stop, plus its start |
    | nginx | edge | leave | nothing of it changed &#40;&#96;nginx&#96; in the name of its image tells of a proxy, and it publishes a port&#41; |

    "
  `)
  expect(steps).toContain('while on trial, every second:\n  $ are_well api=')
})
