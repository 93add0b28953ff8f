/** A line of `act --json`, as far as it is read here. */
export interface ActEvent {
  /** The job with the workflow that holds it, `staging/deploy.yml/Deploy`. */
  readonly job?: string
  readonly jobID?: string
  readonly jobResult?: string
  readonly stage?: 'Pre' | 'Main' | 'Post'
  readonly step?: string
  readonly stepID?: readonly string[]
  readonly stepResult?: StepResult
  readonly msg?: string
  /** Set for what the step itself printed. */
  readonly raw_output?: boolean
  readonly command?: string
  readonly name?: string
  readonly arg?: string
  readonly content?: string
}

export type StepResult = 'success' | 'failure' | 'skipped'

export interface ActStep {
  readonly name: string
  readonly stage: 'Pre' | 'Main' | 'Post'
  readonly result: StepResult
}

export interface ActJob {
  /** As act names it: the calling job, the called file, the job's name. */
  readonly name: string
  readonly result: string
  /** Those that ran, in order; a step that was skipped is not among them. */
  readonly steps: readonly ActStep[]
  readonly outputs: Readonly<Record<string, string>>
  /** The Markdown of its summary page. */
  readonly summary: string
  /** What its steps printed. */
  readonly log: string
}

/** One run under act, after its end. */
export interface ActResult {
  readonly exitCode: number | null
  readonly jobs: readonly ActJob[]
  /** Everything as a person reads it, for the message of a failed test. */
  readonly log: string
}

interface Gathered {
  result: string
  steps: ActStep[]
  outputs: Record<string, string>
  summary: string
  log: string
}

/** Orders what act said by job. */
export function readResult(events: readonly ActEvent[], exitCode: number | null): ActResult {
  const jobs = new Map<string, Gathered>()
  for (const event of events) {
    if (event.job === undefined || event.jobID === undefined) continue
    // act pads the names, so that the log stands in columns.
    const name = event.job.trim()
    const job = jobs.get(name) ?? { result: '', steps: [], outputs: {}, summary: '', log: '' }
    jobs.set(name, job)
    gather(job, event)
  }
  return {
    exitCode,
    jobs: [...jobs].map(([name, job]) => ({ name, ...job })).filter(({ steps }) => steps.length > 0),
    log: events.filter(isWorthReading).map(formatEvent).join(''),
  }
}

function gather(job: Gathered, event: ActEvent): void {
  const { step, stage, stepResult, msg = '' } = event
  if (event.jobResult !== undefined) job.result = event.jobResult
  if (step !== undefined && stage !== undefined && stepResult !== undefined) {
    if (stepResult !== 'skipped') job.steps.push({ name: step, stage, result: stepResult })
  }
  if (event.raw_output === true) job.log += msg
  if (event.command === 'set-output' && event.name !== undefined) job.outputs[event.name] = event.arg ?? ''
  if (event.command === 'summary') job.summary += event.content ?? ''
}

/** act tells each file that it takes from the suite, and each secret that it hides, as lines of their own. */
function isWorthReading({ msg = '' }: ActEvent): boolean {
  return !msg.startsWith('LocalRepositoryCache') && msg.trim() !== '⚙  ***'
}

function formatEvent({ job = 'act', msg = '', raw_output: raw }: ActEvent): string {
  return `[${job.trim()}] ${raw === true ? '  | ' : ''}${msg.trimEnd()}\n`
}
