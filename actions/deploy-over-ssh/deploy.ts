import { expectState } from '../../src/agent/outcome.ts'
import { type Following, joinTransaction, type Transaction } from '../../src/agent/transaction.ts'
import { StepError } from '../../src/errors.ts'
import { formatReport } from '../../src/health/report.ts'
import { runChecks } from '../../src/health/run.ts'
import { formatHost } from '../../src/host/host.ts'
import type { Connect } from '../../src/host/remote.ts'
import { connect } from '../../src/host/ssh.ts'
import type { Job, Outputs } from '../../src/runner/job.ts'
import type { Inputs } from './inputs.ts'
import { prepare } from './prepare.ts'

type ReachableAgain = Following & { readonly connect: Connect }

/** Takes a release as far as the phase says; each phase is a step of its own in a job, or all of them one step. */
export async function deploy(inputs: Inputs, job: Job): Promise<Outputs> {
  const { signal } = job
  const following: ReachableAgain = { connect: () => connect(inputs.connection, { signal }), signal }
  switch (inputs.phase) {
    case 'prepare':
      return prepare(inputs, job, following)
    case 'switch':
      return withTransaction(inputs, following, (transaction) => switchOver(inputs, job, transaction))
    case 'confirm':
      return withTransaction(inputs, following, (transaction) => confirm(inputs, job, transaction, inputs.unchecked))
    case 'all':
      return deployWhole(inputs, job, following)
  }
}

async function deployWhole(inputs: Inputs & { phase: 'all' }, job: Job, following: ReachableAgain): Promise<Outputs> {
  const prepared = await prepare(inputs, job, following)
  if (inputs.deploy.dryRun) return prepared
  const going = { ...inputs, transaction: prepared['transaction'] ?? '' }
  await withTransaction(going, following, (transaction) => switchOver(inputs, job, transaction))
  if (inputs.checks.length > 0) await check(going, job, following)
  // A connection of its own: that the server still lets us in is part of what is confirmed.
  const confirmed = await withTransaction(going, following, (transaction) =>
    confirm(inputs, job, transaction, inputs.unchecked),
  )
  return { ...prepared, ...confirmed }
}

async function withTransaction<T>(
  { path, transaction }: Pick<Inputs, 'path'> & { readonly transaction: string },
  following: ReachableAgain,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  await using remote = await following.connect()
  return await work(joinTransaction(remote, path, transaction, following))
}

function switchOver(inputs: Inputs, job: Job, transaction: Transaction): Promise<Outputs> {
  return job.log.chapter('Switch to the new release', async () => {
    const progress = await transaction.advance('switch', job.log)
    expectState(progress, 'trial', undertaking('switch to the new release', inputs))
    job.log.line('The new release is on trial: it serves, and the server goes back unless it is confirmed.')
    return { state: 'trial' }
  })
}

async function check(
  inputs: Inputs & { phase: 'all'; transaction: string },
  job: Job,
  following: ReachableAgain,
): Promise<void> {
  const report = await job.log.chapter('Check the release on trial', () => runChecks(inputs.checks, job))
  const { markdown, lines, warnings, errors } = formatReport(report)
  for (const line of lines) job.log.line(line)
  for (const warning of warnings) job.log.warning(`Advisory: ${warning}`)
  await job.summarize(markdown)
  await withTransaction(inputs, following, (transaction) => transaction.report('checks', report.verdict))
  if (report.verdict === 'good') return
  throw new StepError({
    step: 'check the release on trial',
    host: formatHost(inputs.connection.host),
    why: report.verdict === 'bad' ? 'it does not answer as it should' : 'it could not be told whether it works',
    lastLines: errors,
    state: 'not confirmed: the post step of this action takes the server back to the release before',
    next: 'correct the release or the check, and run the job again',
  })
}

function confirm(inputs: Inputs, job: Job, transaction: Transaction, unchecked: boolean): Promise<Outputs> {
  return job.log.chapter('Confirm', async () => {
    const progress = await transaction.confirm(unchecked ? 'unchecked' : 'checked', job.log)
    expectState(progress, 'committed', undertaking('confirm the release', inputs))
    if (progress.kind === 'ended' && progress.cause !== '')
      job.log.warning(
        `The release is confirmed and serves, but something after it stayed undone (${progress.cause}); see the log above.`,
      )
    job.log.line('Confirmed: the new release is the live one.')
    return { state: 'committed' }
  })
}

function undertaking(what: string, { connection, path }: Inputs): { what: string; host: string; path: string } {
  return { what, host: formatHost(connection.host), path }
}
