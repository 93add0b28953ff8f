import { unlessCancelled } from '../../src/agent/cancelled.ts'
import { expectState } from '../../src/agent/outcome.ts'
import { joinTransaction } from '../../src/agent/transaction.ts'
import { formatHost } from '../../src/host/host.ts'
import type { Connect } from '../../src/host/remote.ts'
import { connect } from '../../src/host/ssh.ts'
import { planMigration } from '../../src/plan/migration.ts'
import { formatPlan } from '../../src/plan/plan.ts'
import type { Job, Outputs } from '../../src/runner/job.ts'
import type { Inputs } from './inputs.ts'

/** Runs the migrations of the release that this job has prepared: once, and before the new code serves. */
export async function migrate({ connection, path, transaction, migration }: Inputs, job: Job): Promise<Outputs> {
  const { signal } = job
  const reach: Connect = () => connect(connection, { signal })
  const held = { transaction, path, connect: (quickly: AbortSignal) => connect(connection, { signal: quickly }) }
  const steps = planMigration(migration)
  const title = `migrate with ${migration.service}`
  for (const line of formatPlan({ title, services: [], phases: { migrate: steps }, notes: [] }).split('\n'))
    job.log.line(line)
  return unlessCancelled(
    signal,
    () => held,
    async () => {
      await using remote = await reach()
      return await job.log.chapter('Migrate', async () => {
        const joined = joinTransaction(remote, path, transaction, { connect: reach, signal })
        expectState(await joined.migrate(steps, job.log), 'migrated', {
          what: title,
          host: formatHost(connection.host),
          path,
        })
        return { state: 'migrated' }
      })
    },
  )
}
