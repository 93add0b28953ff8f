import { confirmedRelease, type Recorded } from '../../src/deployment/confirmed.ts'
import { StepError } from '../../src/errors.ts'
import { formatDuration } from '../../src/runner/duration.ts'
import type { Sleep } from '../../src/runner/github-retry.ts'
import type { GitHub, WorkflowRun } from '../../src/runner/github.ts'
import type { Job, Outputs } from '../../src/runner/job.ts'
import type { Inputs } from './inputs.ts'
import { deploysFrom } from './staging-run.ts'

export interface Clock {
  /** Milliseconds of a clock that only goes forward. */
  now(): number
  readonly sleep: Sleep
}

/** A run of a branch that was pushed together with a tag may turn up a little later than the run of the tag. */
const SETTLE_MS = 20_000
const FIRST_PAUSE_MS = 5000
const LONGEST_PAUSE_MS = 30_000

/** Looks for the commit's confirmed release, and waits as long as a run that may still confirm it is under way. */
export async function findStagedRelease(inputs: Inputs, job: Job, github: GitHub, clock: Clock): Promise<Outputs> {
  const start = clock.now()
  let told: string | undefined
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    // Runs first, records second: a run that has ended by now has left its record.
    const runs = (await github.runs(inputs.commit)).filter((run) => deploysFrom(run, inputs.branch, job.context.runId))
    const found = await confirmedRelease(github, inputs)
    if (found !== undefined) return confirmed(found, inputs, job)

    const running = runs.find(({ status }) => status !== 'completed')
    const elapsed = clock.now() - start
    if (running === undefined && (runs.length > 0 || elapsed >= SETTLE_MS)) return nothing(runs, inputs, job)
    if (running !== undefined && elapsed >= inputs.waitSeconds * 1000) throw tooLong(running, inputs)

    const waitingFor = running?.url ?? 'a run that deploys this commit to turn up'
    if (waitingFor !== told)
      job.log.line(`Waiting for ${waitingFor}, which may still confirm it on ${inputs.environment}.`)
    told = waitingFor
    await clock.sleep(pause, job.signal)
  }
}

function confirmed({ id, record }: Recorded, { environment, commit }: Inputs, job: Job): Outputs {
  job.log.line(`${environment} confirmed ${short(commit)} as release ${record.release} (deployment ${id}):`)
  for (const [service, { repository, digest }] of Object.entries(record.images)) {
    job.log.line(`  ${service}: ${repository}@${digest}`)
  }
  return { found: 'true', images: JSON.stringify(record.images), release: record.release }
}

function nothing(runs: readonly WorkflowRun[], { environment, commit, branch }: Inputs, job: Job): Outputs {
  const why = runs[0] === undefined ? `no run of ${branch} deploys it` : `${runs[0].url} ended without confirming it`
  job.log.line(`${environment} has not confirmed ${short(commit)}: ${why}. It has to pass ${environment} first.`)
  return { found: 'false', images: '', release: '' }
}

function tooLong({ url, status }: WorkflowRun, { environment, commit, waitSeconds }: Inputs): StepError {
  return new StepError({
    step: `wait for ${environment} to confirm ${short(commit)}`,
    why: `${url} is still ${status.replaceAll('_', ' ')} after ${formatDuration(waitSeconds)}`,
    state: 'nothing was deployed by this run',
    next: 'once that run has ended, re-run the failed jobs of this one; or give it longer with the input wait',
  })
}

function short(commit: string): string {
  return commit.slice(0, 10)
}
