import * as core from '@actions/core'
import { readContext } from './context.ts'
import { formatDuration } from './duration.ts'
import type { Job, JobContext, Log } from './job.ts'
import { secretForms } from './mask.ts'
import { printableLines } from './workflow-commands.ts'

/** The job as GitHub's runner has it: workflow commands on stdout, and files for summary and state. */
export class GithubJob implements Job {
  readonly log: Log = new GithubLog()
  readonly context: JobContext = readContext(process.env)
  readonly signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.signal = signal
  }

  mask(secret: string): void {
    for (const form of secretForms(secret)) core.setSecret(form)
  }

  async summarize(markdown: string): Promise<void> {
    if (process.env['GITHUB_STEP_SUMMARY'] === undefined) return
    await core.summary.addRaw(markdown, true).write()
  }

  saveState(name: string, value: string): void {
    core.saveState(name, value)
  }

  state(name: string): string {
    return core.getState(name)
  }
}

class GithubLog implements Log {
  #depth = 0

  async chapter<T>(title: string, work: () => Promise<T>): Promise<T> {
    const shown = inline(title)
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
    for (const line of printableLines(text)) core.info(line)
  }

  notice(text: string): void {
    core.notice(block(text))
  }

  warning(text: string): void {
    core.warning(block(text))
  }

  error(text: string): void {
    core.error(block(text))
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
}

function inline(text: string): string {
  return printableLines(text).join(' ')
}

function block(text: string): string {
  return printableLines(text).join('\n')
}
