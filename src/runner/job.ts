/**
 * The job that an action runs in, as far as an action may know it: a port. The real one talks to GitHub's runner, tests
 * use a fake. Nothing outside this folder imports `@actions/core`.
 */
export interface Job {
  readonly log: Log
  readonly context: JobContext
  /** Aborted by SIGINT or SIGTERM: the job was cancelled and 7.5 s are left. */
  readonly signal: AbortSignal
  /** Hides a secret of four characters or more in every form in which it may turn up; see `secretForms`. */
  mask(secret: string): void
  /** Adds Markdown to the job's summary page. */
  summarize(markdown: string): Promise<void>
  /** Keeps a value for this action's post step. */
  saveState(name: string, value: string): void
  /** What the main step kept, '' if nothing. */
  state(name: string): string
}

export interface Log {
  /** Runs `work` with its lines folded under a title, with the time that it took. */
  chapter<T>(title: string, work: () => Promise<T>): Promise<T>
  /** One line; text from elsewhere can't inject workflow commands through it. */
  line(text: string): void
  /** Annotations: shown on the run's page as well as in the log. */
  notice(text: string): void
  warning(text: string): void
  error(text: string): void
}

export interface JobContext {
  /** `owner/name`. */
  readonly repository: string
  readonly runId: string
  readonly runAttempt: string
  /** The job's key in the workflow file. */
  readonly job: string
  readonly workflow: string
  readonly actor: string
  readonly eventName: string
  readonly sha: string
  /** `refs/heads/main`, `refs/tags/v1.2.3`. */
  readonly ref: string
  /** The page of this run and attempt. */
  readonly runUrl: string
  /** Where the repository was checked out. */
  readonly workspace: string
  /** A folder that the runner empties after the job. */
  readonly temp: string
}

/** What an action hands to later steps; names as in its `action.yml`. */
export type Outputs = Readonly<Record<string, string>>
