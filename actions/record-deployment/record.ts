import { recordedDeployments, type Recorded } from '../../src/deployment/confirmed.ts'
import { formatRecord, TASK } from '../../src/deployment/record.ts'
import type { GitHub, NewStatus } from '../../src/runner/github.ts'
import type { Job, Outputs } from '../../src/runner/job.ts'
import type { Inputs } from './inputs.ts'

/** Records what has already happened on the host. It runs after the commit and decides nothing about it. */
export function recordDeployment(inputs: Inputs, job: Job, github: GitHub): Promise<Outputs> {
  return inputs.event === 'deploy' ? recordDeploy(inputs, job, github) : recordRollback(inputs, job, github)
}

type Of<Event> = Extract<Inputs, { event: Event }>

async function recordDeploy(inputs: Of<'deploy'>, job: Job, github: GitHub): Promise<Outputs> {
  const { environment, commit, record } = inputs
  const deployment = await github.createDeployment({
    environment,
    commit,
    task: TASK,
    description: `${record.version} as release ${record.release}`,
    payload: formatRecord(record),
  })
  await github.createStatus(deployment, confirmed(`Release ${record.release} is confirmed.`, inputs, job))
  job.log.line(
    `Recorded as deployment ${deployment}: ${environment} runs ${record.version}, release ${record.release}.`,
  )
  return { deployment: String(deployment) }
}

/** Withdrawn first: if the second call fails, nothing that was undone still counts as proved. */
async function recordRollback(inputs: Of<'rollback'>, job: Job, github: GitHub): Promise<Outputs> {
  const { environment, release } = inputs
  const deployments = await recordedDeployments(github, { environment })
  const live = newestConfirmed(deployments.filter(({ stands }) => stands === 'confirmed'))
  const target = deployments.find(({ record }) => record.release === release)
  if (live !== undefined && live.record.release !== release) {
    const description = `Rolled back to ${target?.record.version ?? release}.`
    await github.createStatus(live.id, { state: 'failure', description, logUrl: job.context.runUrl })
    job.log.line(`Deployment ${live.id} (${live.record.version}) is withdrawn: it no longer counts as proved.`)
  }
  if (target === undefined) {
    job.log.warning(
      `None of the newest deployments to ${environment} on GitHub is of release ${release}: not recorded there.`,
    )
    return { deployment: '' }
  }
  if (target.id !== live?.id) {
    await github.createStatus(target.id, confirmed(`Rolled back to release ${release}.`, inputs, job))
  }
  job.log.line(`Deployment ${target.id} (${target.record.version}) is what ${environment} runs.`)
  return { deployment: String(target.id) }
}

function newestConfirmed(deployments: readonly Recorded[]): Recorded | undefined {
  return deployments.toSorted((one, other) => other.confirmedBy - one.confirmedBy)[0]
}

function confirmed(description: string, { url }: Inputs, job: Job): NewStatus {
  const environmentUrl = url === undefined ? {} : { environmentUrl: url }
  return { state: 'success', description, logUrl: job.context.runUrl, ...environmentUrl }
}
