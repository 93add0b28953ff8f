import { StepError } from '../errors.ts'
import { type Basis, MOST_PLANS, whatDiffers } from '../plan/stale.ts'
import { planSummary } from '../plan/summary.ts'
import type { Job, Outputs } from '../runner/job.ts'
import { explainCause } from './progress.ts'

/** What is planned and carried through in one step, and planned again where another transaction came between. */
export interface Attempts<P extends Basis> {
  /** Looks, plans and shows the plan; or says with what outputs the step ends, where there is nothing to do. */
  readonly plan: () => Promise<P | { readonly outputs: Outputs }>
  /** Throws where a plan that is made again may not be carried out unasked. */
  readonly compare?: (before: P, now: P) => void
  /** The outputs of a dry run, which ends with the plan. */
  readonly dryRun?: (planned: P) => Outputs
  readonly carryOut: (planned: P) => Promise<Outputs | 'stale'>
  /** For the error when it came to nothing each time. */
  readonly failure: (planned: P) => { readonly step: string; readonly host: string; readonly state: string }
}

/** @throws StepError where another transaction came between each time */
export async function attempt<P extends Basis>(job: Job, attempts: Attempts<P>): Promise<Outputs> {
  let before: P | undefined
  for (let plans = 1; ; plans++) {
    const planned = await attempts.plan()
    if ('outputs' in planned) return planned.outputs
    if (before !== undefined) {
      for (const line of whatDiffers({ ...before, why: explainCause('stale-plan') }, planned)) job.log.line(line)
      attempts.compare?.(before, planned)
    }
    await job.summarize(planSummary(planned.plan))
    if (attempts.dryRun) return attempts.dryRun(planned)
    const end = await attempts.carryOut(planned)
    if (end !== 'stale') return end
    if (plans === MOST_PLANS)
      throw new StepError({
        ...attempts.failure(planned),
        why: `${MOST_PLANS} times another transaction changed the stack after this one was planned`,
        next: 'see in ledger.jsonl on the host who deploys there, and run the job again',
      })
    before = planned
  }
}
