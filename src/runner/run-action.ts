import * as core from '@actions/core'
import { StepError, UsageError } from '../errors.ts'
import { failureSummary } from './failure-summary.ts'
import { GithubJob } from './github-job.ts'
import { InputReader } from './inputs.ts'
import type { Job, Outputs } from './job.ts'

/** What an action is made of; `runAction` is the frame around it. */
export interface Action<Inputs> {
  readonly inputs: (input: InputReader) => Inputs
  readonly main: (inputs: Inputs, job: Job) => Promise<Outputs>
  /** The post step; `action.yml` names the same file for it. It runs only if the main step had valid inputs. */
  readonly post?: (inputs: Inputs, job: Job) => Promise<void>
}

/**
 * Runs an action as this process: reads the inputs, runs its main or its post step, publishes outputs if that succeeded,
 * and turns whatever was thrown into one message and exit code 1. Never rejects.
 */
export async function runAction<Inputs>(action: Action<Inputs>): Promise<void> {
  const controller = new AbortController()
  const job = new GithubJob(controller.signal)
  cancelOnSignal(controller, job)
  process.once('uncaughtException', (error) => {
    job.fail(explain(error))
    process.exit()
  })
  try {
    if (job.state('isPost') === 'true') await runPost(action, job)
    else await runMain(action, job)
  } catch (error) {
    job.fail(explain(error))
    await job.summarize(failureSummary(error)).catch(() => undefined)
  }
}

async function runMain<Inputs>(action: Action<Inputs>, job: GithubJob): Promise<void> {
  // Before anything else: without this mark a post step would take itself for the main step.
  if (action.post !== undefined) job.saveState('isPost', 'true')
  const inputs = readInputs(action, job)
  if (action.post !== undefined) job.saveState('hasInputs', 'true')
  job.publish(await action.main(inputs, job))
}

async function runPost<Inputs>(action: Action<Inputs>, job: Job): Promise<void> {
  if (job.state('hasInputs') !== 'true') return
  await action.post?.(readInputs(action, job), job)
}

function readInputs<Inputs>(action: Action<Inputs>, job: Job): Inputs {
  const reader = new InputReader(core.getInput, (secret) => {
    job.mask(secret)
  })
  const inputs = action.inputs(reader)
  reader.check()
  return inputs
}

/** A cancelled step that has not ended by then is ended, before the runner does it without a word. */
const GRACE_MS = 6500

/** A cancelled job gets SIGINT, 7.5 s later SIGTERM, and 2.5 s later SIGKILL. */
function cancelOnSignal(controller: AbortController, job: GithubJob): void {
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      const error = new StepError({ step: 'run', why: `the job was cancelled (${name})` })
      controller.abort(error)
      setTimeout(() => {
        job.fail(explain(error))
        process.exit()
      }, GRACE_MS).unref()
    })
  }
}

/** What is printed for an error: its message alone where that says what to do, with the stack where it is our bug. */
export function explain(error: unknown): string {
  if (error instanceof UsageError || error instanceof StepError) return error.message
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `This is a bug in the action, please report it.\n${details}`
}
