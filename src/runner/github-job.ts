import * as core from '@actions/core'
import { readContext } from './context.ts'
import { formatDuration } from './duration.ts'
import type { Job, JobContext, Log, Outputs } from './job.ts'
import { Redactor } from './redactor.ts'
import { printableLines } from './workflow-commands.ts'

/**
 * The job as GitHub's runner has it: workflow commands on stdout, and files for outputs, summary and state. All that it
 * shows passes one redactor, since the runner looks at single lines only, and others do less.
 */
export class GithubJob implements Job {
  readonly #redactor = new Redactor()
  readonly log: Log = new GithubLog(this.#redactor)
  readonly context: JobContext = readContext(process.env)
  readonly signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.signal = signal
  }

  mask(secret: string): void {
    // The runner takes a form of several lines for as many secrets, the shortest scrap among them.
    for (const form of this.#redactor.add(secret)) if (!/[\r\n]/.test(form)) core.setSecret(form)
  }

  async summarize(markdown: string): Promise<void> {
    if (process.env['GITHUB_STEP_SUMMARY'] === undefined || markdown === '') return
    await core.summary.addRaw(this.#redactor.redact(markdown), true).write()
  }

  saveState(name: string, value: string): void {
    core.saveState(name, value)
  }

  state(name: string): string {
    return core.getState(name)
  }

  /** Hands outputs to later steps. */
  publish(outputs: Outputs): void {
    for (const [name, value] of Object.entries(outputs)) {
      const shown = this.#redactor.redact(value)
      core.setOutput(name, shown)
      if (shown !== value)
        this.log.warning(
          `The output ${name} holds a piece of a secret, and has *** in its place; later steps can't use it as it is. ` +
            'Secrets that are ordinary words do this: use longer ones.',
        )
    }
  }

  /** Makes the step red. */
  fail(message: string): void {
    core.setFailed(this.#redactor.redact(message))
  }
}

class GithubLog implements Log {
  readonly #redactor: Redactor
  #depth = 0

  constructor(redactor: Redactor) {
    this.#redactor = redactor
  }

  async chapter<T>(title: string, work: () => Promise<T>): Promise<T> {
    const shown = this.#printable(title).join(' ')
    const start = performance.now()
    const elapsed = (): string => formatDuration((performance.now() - start) / 1000)
    this.#open(shown)
    try {
      const result = await work()
      this.#close(`${shown}: ${elapsed()}`)
      return result
    } catch (error) {
      this.#close(`${shown}: failed after ${elapsed()}`)
      throw error
    }
  }

  line(text: string): void {
    for (const line of this.#printable(text)) core.info(line)
  }

  notice(text: string): void {
    core.notice(this.#printable(text).join('\n'))
  }

  warning(text: string): void {
    core.warning(this.#printable(text).join('\n'))
  }

  error(text: string): void {
    core.error(this.#printable(text).join('\n'))
  }

  /** The runner's groups don't nest: only the outermost chapter is one. */
  #open(title: string): void {
    if (this.#depth++ === 0) core.startGroup(title)
    else core.info(title)
  }

  /** The time goes below the fold, where it is seen without a click. */
  #close(line: string): void {
    if (--this.#depth === 0) core.endGroup()
    core.info(line)
  }

  /** Before, since a secret may go over several lines, and after, since it may have had escapes between its letters. */
  #printable(text: string): readonly string[] {
    return printableLines(this.#redactor.redact(text)).map((line) => this.#redactor.redact(line))
  }
}
