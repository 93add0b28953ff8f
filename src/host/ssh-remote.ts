import { setTimeout as sleep } from 'node:timers/promises'
import type { Client, ClientChannel } from 'ssh2'
import { type Command, toShell } from '../command/command.ts'
import { StepError } from '../errors.ts'
import type { Carrier } from './carrier.ts'
import { type Exchange, exchange } from './exchange.ts'
import { type Host, formatHost } from './host.ts'
import type { Remote, RemoteOutcome, RunOptions } from './remote.ts'

/** A link that is silent for so long is dead: three questions for a sign of life went unanswered. */
const SILENCE_SECONDS = 13
const LOOKS_PER_SECOND = 2
/** How long a polite end of the connection may take. */
const GOODBYE_SECONDS = 1

const OPENING_ATTEMPTS = 4
const OPENING_PAUSE_MS = 100

/** A command that runs, and what will come of it. */
interface Session {
  readonly channel: ClientChannel
  readonly output: Promise<Exchange>
}

/** `Remote` over an ssh2 client that is connected and has verified its host. */
export class SshRemote implements Remote {
  readonly host: Host
  readonly #client: Client
  readonly #carrier: Carrier
  readonly #watch: NodeJS.Timeout
  /** Why the connection is gone; undefined as long as it is there. */
  #lost: string | undefined

  constructor(host: Host, client: Client, carrier: Carrier) {
    this.host = host
    this.#client = client
    this.#carrier = carrier
    let reason = 'the server closed the connection'
    client.on('error', (error) => {
      reason = error.message
    })
    // ssh2 tells its channels of the end only after this event, so they find the reason.
    client.on('close', () => {
      this.#lost ??= reason
    })
    this.#watch = this.#watchSilence()
    void carrier.closed.then(() => {
      clearInterval(this.#watch)
    })
  }

  async run(command: Command, options: RunOptions = {}): Promise<RemoteOutcome> {
    options.signal?.throwIfAborted()
    const session = await this.#start(command, options)
    if (session === undefined) return this.#gone('', '')
    const output = await untilAborted(session.output, options.signal, () => {
      session.channel.close()
    })
    // An exit code without a proper end of the channel may have lost output on the way.
    if (output.code === undefined || this.#lost !== undefined) return this.#gone(output.stdout, output.stderr)
    output.flush()
    return { kind: 'exited', code: output.code, stdout: output.stdout, stderr: output.stderr }
  }

  /** Says goodbye, and waits for no answer: from far away that would take as long as a command. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#lost ??= 'the connection was closed here'
    const hurry = setTimeout(() => {
      this.#carrier.destroy()
    }, GOODBYE_SECONDS * 1000)
    this.#client.end()
    this.#carrier.leave()
    await this.#carrier.closed
    clearTimeout(hurry)
  }

  /** Undefined when the connection is gone. A server counts a session for a moment after its end: so more than one try. */
  async #start(command: Command, options: RunOptions): Promise<Session | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#open(command, options)
      } catch (error) {
        if (attempt === OPENING_ATTEMPTS) throw this.#refused(error as Error)
        await sleep(OPENING_PAUSE_MS)
        options.signal?.throwIfAborted()
      }
    }
  }

  #open(command: Command, options: RunOptions): Promise<Session | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) {
        resolve(undefined)
        return
      }
      try {
        this.#client.exec(toShell(command), (error, channel) => {
          // It must listen before this callback returns: exit code and end may be in the very same packet.
          if (error === undefined) resolve({ channel, output: exchange(channel, command.stdin, options) })
          else if (this.#lost !== undefined) resolve(undefined)
          else reject(error)
        })
      } catch {
        // It throws when the other side has ended and we have not heard of the end of the socket yet.
        resolve(undefined)
      }
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

  /**
   * Any byte from the server is a sign of life, also the window adjustments of a slow upload. Looks are counted, not
   * seconds: when this process itself was held up, what came meanwhile has not been read yet.
   */
  #watchSilence(): NodeJS.Timeout {
    let seen = this.#carrier.bytesRead()
    let silentLooks = 0
    return setInterval(() => {
      silentLooks = this.#carrier.bytesRead() === seen ? silentLooks + 1 : 0
      seen = this.#carrier.bytesRead()
      if (silentLooks <= SILENCE_SECONDS * LOOKS_PER_SECOND) return
      this.#lost ??= `no sign of life from the server for ${SILENCE_SECONDS} s`
      this.#carrier.destroy()
    }, 1000 / LOOKS_PER_SECOND)
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
