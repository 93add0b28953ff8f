import type { Socket } from 'node:net'
import type { Client, ClientChannel } from 'ssh2'
import { type Command, toShell } from '../command/command.ts'
import { StepError } from '../errors.ts'
import { exchange } from './exchange.ts'
import { type Host, formatHost } from './host.ts'
import type { Remote, RemoteOutcome, RunOptions } from './remote.ts'

/** A link that is silent for so long is dead: three questions for a sign of life went unanswered. */
export const SILENCE_SECONDS = 13
/** How long a polite end of the connection may take. */
const GOODBYE_SECONDS = 1

/** `Remote` over an ssh2 client that is connected and has verified its host. */
export class SshRemote implements Remote {
  readonly host: Host
  readonly #client: Client
  readonly #socket: Socket
  readonly #closed: Promise<void>
  readonly #watch: NodeJS.Timeout
  /** Why the connection is gone; undefined as long as it is there. */
  #lost: string | undefined

  constructor(host: Host, client: Client, socket: Socket) {
    this.host = host
    this.#client = client
    this.#socket = socket
    this.#closed = new Promise((resolve) =>
      socket.once('close', () => {
        resolve()
      }),
    )
    client.on('error', (error) => {
      this.#lost ??= error.message
    })
    // ssh2 tells its channels of the end only after this event, so they find the reason.
    client.on('close', () => {
      this.#lost ??= 'the server closed the connection'
    })
    this.#watch = this.#watchSilence()
    socket.on('close', () => {
      clearInterval(this.#watch)
    })
  }

  async run(command: Command, options: RunOptions = {}): Promise<RemoteOutcome> {
    options.signal?.throwIfAborted()
    const channel = await this.#open(toShell(command))
    if (channel === undefined) return this.#gone('', '')
    const output = await untilAborted(exchange(channel, command.stdin, options), options.signal, () => {
      channel.close()
    })
    // An exit code without a proper end of the channel may have lost output on the way.
    if (output.code === undefined || this.#lost !== undefined) return this.#gone(output.stdout, output.stderr)
    output.flush()
    return { kind: 'exited', code: output.code, stdout: output.stdout, stderr: output.stderr }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lost ??= 'the connection was closed here'
    const hurry = setTimeout(() => this.#socket.destroy(), GOODBYE_SECONDS * 1000)
    this.#client.end()
    await this.#closed
    clearTimeout(hurry)
  }

  /** Undefined when the connection is gone. */
  #open(line: string): Promise<ClientChannel | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) {
        resolve(undefined)
        return
      }
      this.#client.exec(line, (error, channel) => {
        if (error === undefined) resolve(channel)
        else if (this.#lost !== undefined) resolve(undefined)
        else reject(this.#refused(error))
      })
    })
  }

  #refused(cause: Error): StepError {
    return new StepError({
      step: 'run a command',
      host: formatHost(this.host),
      why: `the server opened no session for it (${cause.message})`,
      state: 'the command was not run',
      next: "see MaxSessions, ForceCommand and the user's login shell there; the log of sshd says why",
      cause,
    })
  }

  #gone(stdout: string, stderr: string): RemoteOutcome {
    return { kind: 'lost', reason: this.#lost ?? 'the server closed the session without an exit code', stdout, stderr }
  }

  /** Any byte from the server is a sign of life, also the window adjustments of a slow upload. */
  #watchSilence(): NodeJS.Timeout {
    let seen = this.#socket.bytesRead
    let since = performance.now()
    return setInterval(() => {
      if (this.#socket.bytesRead !== seen) {
        seen = this.#socket.bytesRead
        since = performance.now()
      } else if (performance.now() - since > SILENCE_SECONDS * 1000) {
        this.#lost ??= `no sign of life from the server for ${SILENCE_SECONDS} s`
        this.#socket.destroy()
      }
    }, 500)
  }
}

/** Waits for `work`, or rejects as soon as the signal is aborted: the server closes its side only when the command ends. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined, stop: () => void): Promise<T> {
  if (signal === undefined) return work
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => {
    stop()
    aborted.reject(signal.reason as Error)
  }
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
