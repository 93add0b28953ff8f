import type { Manifest } from '../release/manifest.ts'
import { liveRelease, type Observation } from '../stack/observation.ts'
import type { Plan } from './plan.ts'

/**
 * The live release, when a release would change nothing of it: no container, no data, no network of a store or an edge, not
 * what `current` names. Undefined when there is something to do, also when only a transaction can tidy up what an earlier one
 * has left.
 */
export function unchangedRelease(plan: Plan, to: Manifest, observation: Observation): Manifest | undefined {
  const live = liveRelease(observation)
  const isQuiet = observation.open === undefined && observation.ledger.at(-1)?.result !== 'stuck'
  const isLeft = (plan.phases.switch ?? []).length === 0 && plan.services.every(({ action }) => action === 'leave')
  return live !== undefined && isQuiet && isLeft && definitionsOf(live) === definitionsOf(to) ? live : undefined
}

function definitionsOf({ services }: Manifest): string {
  return Object.entries(services)
    .map(([name, { definition, image }]) => `${name} ${definition} ${image}`)
    .sort()
    .join('\n')
}
