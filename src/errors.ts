/** The author of the workflow can fix this one: it names the input and what to write instead. Shown without a stack. */
export class UsageError extends Error {
  override name = 'UsageError'
}

export interface StepFailure {
  /** What was being done, as a short phrase: `pull the images`. */
  readonly step: string
  /** `user@host` where it happened; absent for the runner itself. */
  readonly host?: string
  /** Why, in one sentence. */
  readonly why: string
  readonly exitCode?: number
  /** The last lines that the failed effect printed. */
  readonly lastLines?: readonly string[]
  /** In what state things are now. */
  readonly state?: string
  /** The next command or change to make. */
  readonly next?: string
  readonly cause?: unknown
}

/** The world said no: a host, a registry, a health check. Says where, why, the state things are in, and what to do. */
export class StepError extends Error {
  override name = 'StepError'
  readonly failure: StepFailure

  constructor(failure: StepFailure) {
    super(describe(failure), { cause: failure.cause })
    this.failure = failure
  }
}

function describe({ step, host, why, exitCode, lastLines = [], state, next }: StepFailure): string {
  const where = host === undefined ? step : `${step} on ${host}`
  const code = exitCode === undefined ? '' : ` (exit code ${exitCode})`
  return [
    `${where}: ${why}${code}`,
    ...lastLines.map((line) => `    ${line}`),
    ...(state === undefined ? [] : [`State: ${state}`]),
    ...(next === undefined ? [] : [`Next: ${next}`]),
  ].join('\n')
}
