import { evaluateIf, type Status, type Value } from './expression.ts'
import type { Job, Workflow } from './files.ts'

export type Result = 'success' | 'failure' | 'cancelled' | 'skipped'

export interface Ending {
  readonly result: Exclude<Result, 'skipped'>
  readonly outputs?: Readonly<Record<string, string>>
}

export interface Scenario {
  readonly inputs: Readonly<Record<string, Value>>
  /** How each job ends if it runs at all. */
  readonly endings: Readonly<Record<string, Ending>>
  /** Jobs before which somebody presses Cancel; none if undefined. */
  readonly cancelledBefore?: string
}

/** Plays a workflow's jobs in order, with GitHub's rules for `needs` and `if`. Says how each ended. */
export function play(
  { jobs }: Workflow,
  { inputs, endings, cancelledBefore }: Scenario,
): Readonly<Record<string, Result>> {
  const results: Record<string, Result> = {}
  let cancelled = false
  for (const [id, job] of Object.entries(jobs)) {
    cancelled ||= id === cancelledBefore
    const ending = endings[id] ?? { result: 'success' }
    const runs = evaluateIf(job.if, statusFor(id, jobs, results, cancelled), {
      inputs,
      needs: Object.fromEntries(needsOf(job).map((need) => [need, needValue(need, results, endings)])),
      github: { ref_name: 'v1.2.3' },
    })
    results[id] = runs ? ending.result : 'skipped'
  }
  return results
}

/** `success()` and `failure()` look at every job before, not only at those in `needs`. */
function statusFor(
  id: string,
  jobs: Workflow['jobs'],
  results: Readonly<Record<string, Result>>,
  cancelled: boolean,
): Status {
  if (cancelled) return 'cancelled'
  const before = ancestors(id, jobs).map((each) => results[each])
  if (before.every((result) => result === 'success')) return 'success'
  return before.includes('failure') ? 'failure' : 'none'
}

function ancestors(id: string, jobs: Workflow['jobs']): readonly string[] {
  const direct = needsOf(jobs[id] ?? {})
  return [...new Set(direct.flatMap((need) => [need, ...ancestors(need, jobs)]))]
}

function needValue(need: string, results: Readonly<Record<string, Result>>, endings: Scenario['endings']): Value {
  const result = results[need]
  if (result === undefined) throw new Error(`${need} stands after a job that needs it: put the jobs in order.`)
  return { result, outputs: result === 'success' ? (endings[need]?.outputs ?? {}) : {} }
}

function needsOf({ needs = [] }: Job): readonly string[] {
  return typeof needs === 'string' ? [needs] : needs
}
