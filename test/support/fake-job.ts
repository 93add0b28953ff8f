import type { Job, JobContext, Log } from '../../src/runner/job.ts'

/** A job that keeps what an action said to it. */
export class FakeJob implements Job {
  readonly context: JobContext
  /** Everything logged, in order; chapters as `> title` and `< title`, annotations as `warning: text`. */
  readonly lines: string[] = []
  readonly masked: string[] = []
  readonly saved: Record<string, string>
  summary = ''
  readonly #controller = new AbortController()

  constructor(
    options: { readonly context?: Partial<JobContext>; readonly state?: Readonly<Record<string, string>> } = {},
  ) {
    this.context = { ...CONTEXT, ...options.context }
    this.saved = { ...options.state }
  }

  readonly log: Log = {
    chapter: async (title, work) => {
      this.lines.push(`> ${title}`)
      try {
        return await work()
      } finally {
        this.lines.push(`< ${title}`)
      }
    },
    line: (text) => void this.lines.push(text),
    notice: (text) => void this.lines.push(`notice: ${text}`),
    warning: (text) => void this.lines.push(`warning: ${text}`),
    error: (text) => void this.lines.push(`error: ${text}`),
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** What SIGINT does to the real one. */
  cancel(): void {
    this.#controller.abort(new Error('the job was cancelled'))
  }

  mask(secret: string): void {
    this.masked.push(secret)
  }

  summarize(markdown: string): Promise<void> {
    this.summary += `${markdown}\n`
    return Promise.resolve()
  }

  saveState(name: string, value: string): void {
    this.saved[name] = value
  }

  state(name: string): string {
    return this.saved[name] ?? ''
  }
}

const CONTEXT: JobContext = {
  repository: 'octo/shop',
  runId: '4711',
  runAttempt: '1',
  job: 'deploy',
  workflow: 'Deploy',
  actor: 'octocat',
  eventName: 'push',
  sha: '0123456789abcdef0123456789abcdef01234567',
  ref: 'refs/heads/main',
  runUrl: 'https://github.com/octo/shop/actions/runs/4711/attempts/1',
  workspace: '/workspace',
  temp: '/temp',
}
