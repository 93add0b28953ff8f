import { type Command, toShell } from '../command/command.ts'
import type { Host } from './host.ts'
import type { Remote, RemoteOutcome, RunOptions } from './remote.ts'

interface Waiting {
  readonly line: string
  readonly outcome: Promise<RemoteOutcome>
  readonly bring: (stdin: Command['stdin']) => void
  readonly stop: AbortController
  /** Of the run that takes it. */
  options: RunOptions
  isOver: boolean
}

/**
 * A connection on which a command can be started before its input is known: when that comes, the command is there already
 * and costs half a round trip instead of three. One that gets no input must do nothing.
 */
export class RemoteAhead implements Remote {
  readonly #remote: Remote
  #waiting: Waiting | undefined

  constructor(remote: Remote) {
    this.#remote = remote
  }

  get host(): Host {
    return this.#remote.host
  }

  /** Starts a command whose input comes with the first `run` of the same; where that fails, `run` starts it anew. */
  start(command: Command): void {
    const stdin = Promise.withResolvers<Command['stdin']>()
    const stop = new AbortController()
    const outcome = this.#remote.run(command, {
      stdinLater: stdin.promise,
      onStdoutLine: (line) => waiting.options.onStdoutLine?.(line),
      signal: stop.signal,
    })
    const waiting: Waiting = {
      line: toShell(command),
      outcome,
      bring: stdin.resolve,
      stop,
      options: {},
      isOver: false,
    }
    const end = (): void => {
      waiting.isOver = true
    }
    outcome.then(end, end)
    this.#waiting = waiting
  }

  async run(command: Command, options: RunOptions = {}): Promise<RemoteOutcome> {
    // A signal that was aborted before tells its listeners nothing.
    options.signal?.throwIfAborted()
    const waiting = this.#waiting
    if (waiting === undefined || waiting.isOver || waiting.line !== toShell(command))
      return this.#remote.run(command, options)
    this.#waiting = undefined
    waiting.options = options
    options.signal?.addEventListener('abort', () => {
      waiting.stop.abort(options.signal?.reason)
    })
    waiting.bring(command.stdin)
    return waiting.outcome
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#waiting?.bring(undefined)
    await this.#remote[Symbol.asyncDispose]()
  }
}
