import type { Verdict } from '../../src/agent/verdict.ts'
import { StepError, UsageError } from '../../src/errors.ts'
import type { Check } from '../../src/health/check.ts'
import { reportJson, tellReport } from '../../src/health/report.ts'
import { leaseFor, runChecks } from '../../src/health/run.ts'
import { formatHost } from '../../src/host/host.ts'
import type { Job, Outputs } from '../../src/runner/job.ts'
import type { Inputs, Membership } from './inputs.ts'
import type { JoinTrial, Trial } from './trial.ts'

/**
 * Asks the released site, shows what came of it, reports the verdict into the transaction if there is one, and only then
 * fails the step over it. Anything but good fails: what could not be told is not to be confirmed. The transaction is asked
 * beforehand to wait for as long as the checks may take.
 */
export async function smokeTest({ checks, membership }: Inputs, job: Job, join: JoinTrial): Promise<Outputs> {
  if (membership === undefined) return ask(checks, job)
  await using trial = await join(membership, job.signal)
  await trial.lengthen(leaseFor(checks, 0))
  return await ask(checks, job, { membership, trial })
}

interface Told {
  readonly membership: Membership
  readonly trial: Trial
}

async function ask(checks: readonly Check[], job: Job, told?: Told): Promise<Outputs> {
  const title = `Ask ${checks.length === 1 ? 'the site' : `the site ${checks.length} things`}`
  const found = await job.log.chapter(title, () => runChecks(checks, job))
  const errors = await tellReport(found, job)

  if (job.signal.aborted) throw cancelled(told)
  if (told !== undefined) await tell(told, found.verdict, job)
  if (found.verdict !== 'good') throw failed(found.verdict, errors, told)
  return { verdict: found.verdict, report: reportJson(found) }
}

async function tell({ membership, trial }: Told, verdict: Verdict, job: Job): Promise<void> {
  try {
    await trial.report(verdict)
  } catch (error) {
    if (!(error instanceof StepError || error instanceof UsageError)) throw error
    throw new StepError({
      step: 'report the smoke test',
      host: formatHost(membership.connection.host),
      why: `${FOUND[verdict]}, but the server did not acknowledge it: ${error.message}`,
      state: UNCONFIRMED,
      next: 'Look at why the server did not answer or refused, then run the job again.',
      cause: error,
    })
  }
  job.log.line(`The transaction knows: ${verdict}.`)
}

const FOUND: Record<Verdict, string> = {
  good: 'the checks found the release good',
  bad: 'the checks found the release bad',
  unknown: 'the checks could not tell whether the release is good',
}

const UNCONFIRMED =
  'This step confirmed nothing. Unless the trial is confirmed, the server goes back by itself when the lease ends, or stays where a migration forbids the way back.'

function failed(verdict: 'bad' | 'unknown', errors: readonly string[], told: Told | undefined): StepError {
  return new StepError({
    step: 'smoke test',
    why: verdict === 'bad' ? 'the site does not answer as it should' : 'it could not be told whether the site works',
    lastLines: errors,
    ...(told !== undefined && {
      state: `The transaction has the verdict. ${UNCONFIRMED}`,
    }),
    next:
      verdict === 'bad'
        ? "Look at the services' logs, or correct the check that expects something else."
        : "See to the runner's network and DNS, then run the job again.",
  })
}

function cancelled(told: Told | undefined): StepError {
  return new StepError({
    step: 'smoke test',
    why: 'the job was cancelled before the checks were through',
    ...(told !== undefined && { state: `No verdict was reported. ${UNCONFIRMED}` }),
  })
}
