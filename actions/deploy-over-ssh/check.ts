import type { Transaction } from '../../src/agent/transaction.ts'
import type { Verdict } from '../../src/agent/verdict.ts'
import { StepError } from '../../src/errors.ts'
import type { Check } from '../../src/health/check.ts'
import { runChecksAhead } from '../../src/health/ahead.ts'
import { tellReport } from '../../src/health/report.ts'
import { runChecks } from '../../src/health/run.ts'
import { formatHost } from '../../src/host/host.ts'
import type { Job } from '../../src/runner/job.ts'
import type { Inputs } from './inputs.ts'

/**
 * Asks a release that visitors are not led to yet, and fails if it answers otherwise than it should. What could not be told then
 * is told on trial.
 */
export async function checkAhead(
  checks: readonly Check[],
  { connection }: Pick<Inputs, 'connection'>,
  job: Job,
  transaction: Pick<Transaction, 'token'>,
): Promise<void> {
  const found = await job.log.chapter('Ask the new release', () => runChecksAhead(checks, transaction.token, job))
  job.signal.throwIfAborted()
  if (found === undefined) return
  const errors = await tellReport(found, job, 'Asked before the switch')
  if (found.verdict !== 'bad') return
  throw new StepError({
    step: 'ask the new release',
    host: formatHost(connection.host),
    why: 'it does not answer as it should',
    lastLines: errors,
    state: 'no visitor was led to it: the release before serves',
    next: 'correct the release or the check, and run the job again',
  })
}

/** Asks what serves from outside, tells a transaction if there is one, and fails unless all is good. */
export async function check(
  { checks, connection }: Inputs & { phase: 'all' },
  job: Job,
  report?: (verdict: Verdict) => Promise<void>,
): Promise<void> {
  const title = report === undefined ? 'Check what serves' : 'Check the release on trial'
  const found = await job.log.chapter(title, () => runChecks(checks, job))
  const errors = await tellReport(found, job)
  // What was cut off has found nothing out.
  job.signal.throwIfAborted()
  await report?.(found.verdict)
  if (found.verdict === 'good') return
  throw new StepError({
    step: report === undefined ? 'check what serves' : 'check the release on trial',
    host: formatHost(connection.host),
    why: found.verdict === 'bad' ? 'it does not answer as it should' : 'it could not be told whether it works',
    lastLines: errors,
    state:
      report === undefined
        ? 'nothing was changed: the release that was live before this job serves'
        : 'not confirmed: the post step of this action takes the server back to the release before',
    next: 'correct the release or the check, and run the job again',
  })
}
