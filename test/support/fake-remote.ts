import { type Command, toShell } from '../../src/command/command.ts'
import type { Host } from '../../src/host/host.ts'
import { LineSplitter } from '../../src/command/output.ts'
import type { Remote, RemoteOutcome, RunOptions } from '../../src/host/remote.ts'

/** One command as the remote got it. */
export interface RemoteCall {
  /** The line of shell that would have gone over the wire. */
  readonly line: string
  /** Undefined where there was none. */
  readonly stdin?: string | Uint8Array
}

export interface Answer {
  readonly stdout?: string
  readonly stderr?: string
  /** 0 where not given. */
  readonly code?: number
  /** The connection is lost after this output, for this command and every later one. */
  readonly lost?: string
  /** Never ends by itself; only an aborted signal ends it. */
  readonly hangs?: true
}

type Answerer = Answer | ((call: RemoteCall) => Answer)

/** A remote without a host: it keeps a transcript of what was run, and answers as it was told. */
export class FakeRemote implements Remote {
  readonly host: Host
  readonly calls: RemoteCall[] = []
  disposed = false
  readonly #answers: { readonly pattern: string | RegExp; readonly answer: Answerer }[] = []
  #lost: string | undefined

  constructor(host: Host = { user: 'deploy', name: 'shop.example.com', port: 22 }) {
    this.host = host
  }

  /** The lines of shell that were run, in order. */
  get transcript(): readonly string[] {
    return this.calls.map(({ line }) => line)
  }

  /** What to answer to lines that equal a string or match an expression; what was said last goes first. */
  answer(pattern: string | RegExp, answer: Answerer = {}): this {
    this.#answers.unshift({ pattern, answer })
    return this
  }

  async run(command: Command, options: RunOptions = {}): Promise<RemoteOutcome> {
    options.signal?.throwIfAborted()
    const stdin = options.stdinLater === undefined ? command.stdin : await options.stdinLater
    // One that was started ahead of an input that never came has done nothing.
    if (options.stdinLater !== undefined && stdin === undefined)
      return { kind: 'exited', code: 0, stdout: '', stderr: '' }
    const call = { line: toShell(command), ...(stdin === undefined ? {} : { stdin }) }
    if (this.#lost !== undefined) return { kind: 'lost', reason: this.#lost, stdout: '', stderr: '' }
    this.calls.push(call)
    const answer = this.#find(call)
    const ended = answer.lost === undefined
    const stdout = deliver(answer.stdout ?? '', options.onStdoutLine, ended)
    const stderr = deliver(answer.stderr ?? '', options.onStderrLine, ended)
    if (answer.hangs === true) await forever(options.signal)
    if (answer.lost === undefined) return { kind: 'exited', code: answer.code ?? 0, stdout, stderr }
    this.#lost = answer.lost
    return { kind: 'lost', reason: answer.lost, stdout, stderr }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true
    this.#lost ??= 'the connection was closed here'
    return Promise.resolve()
  }

  #find(call: RemoteCall): Answer {
    const found = this.#answers.find(({ pattern }) =>
      typeof pattern === 'string' ? pattern === call.line : pattern.test(call.line),
    )
    if (found === undefined) throw new Error(`FakeRemote has no answer to: ${call.line}`)
    return typeof found.answer === 'function' ? found.answer(call) : found.answer
  }
}

/** Streams by lines, or returns what is to be collected. */
function deliver(text: string, onLine: ((line: string) => void) | undefined, ended: boolean): string {
  if (onLine === undefined) return text
  const lines = new LineSplitter(onLine)
  lines.write(Buffer.from(text))
  if (ended) lines.end()
  return ''
}

function forever(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => {
      reject(signal.reason as Error)
    })
  })
}
