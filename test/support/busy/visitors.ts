import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

export interface CrowdOptions {
  readonly url: string
  /** Requests a second. */
  readonly rate: number
  /** How many are open at any time. */
  readonly sockets: number
  readonly streams: number
}

/** An answer that was not as it should be. */
export interface Failed {
  /** When it was asked for, and when that was known: milliseconds since the crowd came. */
  readonly asked: number
  readonly at: number
  readonly what: string
}

export interface CrowdReport {
  /** When the crowd came: milliseconds since 1970. */
  readonly began: number
  readonly sent: number
  readonly failed: number
  /** The first ten thousand of them. */
  readonly failures: readonly Failed[]
  /** Good answers by the release that gave them. */
  readonly versions: Readonly<Record<string, number>>
  readonly seconds: number
  /** Of the good answers, in milliseconds: 99 of a hundred came sooner. */
  readonly p99: number
  /** The longest time in which no answer was good, in seconds. */
  readonly silence: number
  readonly sockets: Lasting
  readonly streams: Lasting
}

export interface Lasting {
  readonly opened: number
  /** By the other side. */
  readonly ended: number
}

/** Visitors of the busy shop, in a process of their own. */
export class Visitors implements AsyncDisposable {
  readonly #crowd: ChildProcess

  constructor(options: CrowdOptions) {
    const program = join(import.meta.dirname, 'crowd.ts')
    const args = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', program, JSON.stringify(options)]
    this.#crowd = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  }

  /** They leave; what became of their requests. */
  async leave(): Promise<CrowdReport> {
    const { stdin, stdout } = this.#crowd
    if (stdin === null || stdout === null) throw new Error('the crowd has no pipes')
    stdin.end()
    return JSON.parse(await text(stdout)) as CrowdReport
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#crowd.exitCode !== null) return
    const ended = once(this.#crowd, 'exit')
    this.#crowd.kill('SIGKILL')
    await ended
  }
}
