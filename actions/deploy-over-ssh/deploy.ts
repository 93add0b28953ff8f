import { expectState } from '../../src/agent/outcome.ts'
import { joinTransaction, type Transaction } from '../../src/agent/transaction.ts'
import { undertake } from '../../src/agent/undertaking.ts'
import { leaseFor } from '../../src/health/run.ts'
import { formatHost } from '../../src/host/host.ts'
import type { Job, Outputs } from '../../src/runner/job.ts'
import { observe } from '../../src/stack/observe.ts'
import { check, checkAhead } from './check.ts'
import type { Inputs } from './inputs.ts'
import { type Course, leadOver, prepare } from './prepare.ts'

/** Takes a release as far as the phase says; each phase is a step of its own in a job, or all of them one step. */
export async function deploy(inputs: Inputs, job: Job): Promise<Outputs> {
  const given = 'transaction' in inputs ? inputs.transaction : undefined
  return undertake(inputs, job, given, ({ reach, opened }) =>
    deployPhase(inputs, job, { following: { connect: reach, signal: job.signal }, opened, look: observe }),
  )
}

async function deployPhase(inputs: Inputs, job: Job, course: Course): Promise<Outputs> {
  switch (inputs.phase) {
    case 'prepare':
      return prepare(inputs, job, course)
    case 'switch':
      return withTransaction(inputs, course, (transaction) => switchOver(inputs, job, transaction))
    case 'confirm':
      return withTransaction(inputs, course, (transaction) => confirm(inputs, job, transaction, inputs.unchecked))
    case 'all':
      return deployWhole(inputs, job, course)
  }
}

/** Nothing comes between preparing and the switch: one connection and one command do for both. */
async function deployWhole(inputs: Inputs & { phase: 'all' }, job: Job, course: Course): Promise<Outputs> {
  const { checks, unchecked } = inputs
  const deploy = { ...inputs.deploy, lease: leaseFor(checks, inputs.deploy.lease) }
  const switched = await prepare({ ...inputs, deploy }, job, course, 'trial')
  if (switched['state'] === 'unchanged' && checks.length > 0) await check(inputs, job)
  if (switched['state'] !== 'trial') return switched
  job.log.line(ON_TRIAL)
  const going = { ...inputs, transaction: switched['transaction'] ?? '' }
  if (checks.length > 0)
    await check(inputs, job, (verdict) =>
      withTransaction(going, course, (transaction) => transaction.report('checks', verdict)),
    )
  // A connection of its own: that the server still lets us in is part of what is confirmed.
  const confirmed = await withTransaction(going, course, (transaction) => confirm(inputs, job, transaction, unchecked))
  return { ...switched, ...confirmed }
}

const ON_TRIAL = 'The new release is on trial: it serves, and the server goes back unless it is confirmed.'

async function withTransaction<T>(
  { path, transaction }: Pick<Inputs, 'path'> & { readonly transaction: string },
  { following }: Course,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  await using remote = await following.connect()
  return await work(joinTransaction(remote, path, transaction, following))
}

async function switchOver(inputs: Inputs & { phase: 'switch' }, job: Job, transaction: Transaction): Promise<Outputs> {
  const { checks } = inputs
  const isProved = await job.log.chapter('Start the new release', async () => {
    const progress = await transaction.advance('prove', job.log)
    // Where nobody can ask it before the switch, it is started in the course of that.
    if (progress.kind === 'refused') return false
    expectState(progress, 'proved', undertaking('start the new release', inputs))
    const lease = leaseFor(checks, 0)
    if (progress.kind === 'waiting' && progress.lease < lease) await transaction.renew(lease)
    return true
  })
  if (isProved) await checkAhead(checks, inputs, job, transaction)
  await leadOver(inputs, job, transaction)
  job.log.line(ON_TRIAL)
  return { state: 'trial' }
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
