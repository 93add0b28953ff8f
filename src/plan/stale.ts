import type { LedgerEntry } from '../ledger/ledger.ts'
import type { Observation } from '../stack/observation.ts'
import { formatPlan, type Plan } from './plan.ts'

/** How often a plan is made when something comes between it and what it was made on. */
export const MOST_PLANS = 3

/** What a plan was made on, and the plan. */
export interface Basis {
  readonly observation: Observation
  readonly plan: Plan
}

/** A plan that came to nothing, since it was made on what is no more. */
export interface Overtaken extends Basis {
  /** The transaction that was to carry it out, where that came to be open. */
  readonly tx?: string
  /** A clause, without a full stop. */
  readonly why: string
}

/** Says why there is a second plan, what came between the two, and in which lines it differs from the first. */
export function whatDiffers(before: Overtaken, now: Basis): readonly string[] {
  const known = new Set([before.tx, ...before.observation.ledger.map(({ tx }) => tx)])
  const came = now.observation.ledger.filter(({ tx }) => !known.has(tx))
  const old = formatPlan(before.plan).split('\n')
  const fresh = formatPlan(now.plan).split('\n')
  const differing = [
    ...old.filter((line) => !fresh.includes(line)).map((line) => `- ${line}`),
    ...fresh.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ]
  return [
    `Planned again: ${before.why}.`,
    ...came.map(describe),
    ...(differing.length === 0 ? ['The plan stays as it was.'] : ['What differs from the plan before:', ...differing]),
  ]
}

function describe({ action, version, actor, result, time, run }: LedgerEntry): string {
  return `In between: ${action} of ${version} by ${actor}, ${result} at ${time} (${run}).`
}
