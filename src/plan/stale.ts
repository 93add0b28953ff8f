import type { LedgerEntry } from '../ledger/ledger.ts'
import type { Observation } from '../stack/observation.ts'
import { formatPlan, type Plan } from './plan.ts'

/** How often a plan is made when other transactions come between it and the lock. */
export const MOST_PLANS = 3

/** What a plan was made on, and the plan. */
export interface Basis {
  readonly observation: Observation
  readonly plan: Plan
}

/** Says what came between two plans, and in which lines the second one differs from the first. */
export function whatDiffers(before: Basis, now: Basis): readonly string[] {
  const known = new Set(before.observation.ledger.map(({ tx }) => tx))
  const came = now.observation.ledger.filter(({ tx }) => !known.has(tx))
  const old = formatPlan(before.plan).split('\n')
  const fresh = formatPlan(now.plan).split('\n')
  const differing = [
    ...old.filter((line) => !fresh.includes(line)).map((line) => `- ${line}`),
    ...fresh.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ]
  return [
    'The stack was changed after it had been planned; planned again.',
    ...came.map(describe),
    ...(differing.length === 0 ? ['The plan stays as it was.'] : ['What differs from the plan before:', ...differing]),
  ]
}

function describe({ action, version, actor, result, time, run }: LedgerEntry): string {
  return `In between: ${action} of ${version} by ${actor}, ${result} at ${time} (${run}).`
}
