import { randomBytes } from 'node:crypto'
import { type Command, script } from '../command/command.ts'
import { StepError } from '../errors.ts'
import type { Connect, Remote, RemoteOutcome } from '../host/remote.ts'
import type { Step } from '../plan/plan.ts'
import type { Log } from '../runner/job.ts'
import { Link } from './link.ts'
import { packFiles } from './package.ts'
import { agentName, type Opening, openingFiles, phaseFiles } from './plan-files.ts'
import { addPhaseProgram, openProgram } from './programs.ts'
import { explainCause, type Progress, ProgressReader, remindWhileWaiting } from './progress.ts'
import { LIMITS } from './protocol.ts'
import { REFUSALS } from './refusals.ts'
import { parseToken } from './token.ts'
import type { Verdict } from './verdict.ts'

/** Is told what the agent does, line by line. */
export type Tell = Pick<Log, 'line'>

/** A transaction on a host, as its owner holds it. Every call returns when the agent waits again or the transaction ended. */
export interface Transaction {
  readonly id: string
  /** Id and nonce: what later steps of the same job need to go on with it. Not a secret. */
  readonly token: string
  advance(phase: 'switch', tell: Tell): Promise<Progress>
  /** Adds the steps of a migration and runs them. */
  migrate(steps: readonly Step[], tell: Tell): Promise<Progress>
  report(check: string, verdict: Verdict): Promise<void>
  /** `lease` in seconds from now. */
  renew(lease: number): Promise<void>
  confirm(how: 'checked' | 'unchecked', tell: Tell): Promise<Progress>
  abort(cause: string, tell: Tell): Promise<Progress>
}

/** How a transaction is followed beyond one connection. */
export interface Following {
  /** Opens the connection anew when it is lost. */
  readonly connect?: Connect
  /** Ends the following, not the transaction, when the job is cancelled. */
  readonly signal?: AbortSignal
}

const silent: Tell = { line: () => undefined }

/** `t-20261121T233000Z-1f2e3d`: sorts by time, safe as a file name. */
export function newTransactionId(at: Date): string {
  return `t-${at.toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${randomBytes(3).toString('hex')}`
}

function newWordId(): string {
  return randomBytes(6).toString('hex')
}

export function newNonce(): string {
  return randomBytes(8).toString('hex')
}

/** Hands a planned transaction to the host and follows it until it is prepared, or on trial if it goes on, or has ended. */
export async function openTransaction(
  remote: Remote,
  id: string,
  opening: Opening,
  tell: Tell,
  following: Following = {},
): Promise<{ transaction: Transaction; progress: Progress }> {
  const { content, sha256 } = await packFiles(openingFiles(opening))
  const command = { ...script(openProgram, opening.stack.path, id, sha256, agentName), stdin: content }
  const transaction = new RemoteTransaction(remote, opening.stack.path, id, opening.nonce, following)
  return { transaction, progress: await transaction.begin(command, opening.goesOn === undefined ? 0 : 1, tell) }
}

/** Takes up a transaction that an earlier step of the job opened. */
export function joinTransaction(
  remote: Remote,
  stackPath: string,
  token: string,
  following: Following = {},
): Transaction {
  const { id, nonce } = parseToken(token)
  return new RemoteTransaction(remote, stackPath, id, nonce, following)
}

/** Somebody else's transaction, which anybody with access may abort. */
export function foreignTransaction(
  remote: Remote,
  stackPath: string,
  id: string,
  following: Following = {},
): Transaction {
  return new RemoteTransaction(remote, stackPath, id, 'none', following)
}

class RemoteTransaction implements Transaction {
  readonly id: string
  readonly #link: Link
  readonly #stack: string
  readonly #nonce: string
  readonly #signal: AbortSignal | undefined

  constructor(remote: Remote, stack: string, id: string, nonce: string, { connect, signal }: Following) {
    this.id = id
    this.#link = new Link(remote, connect)
    this.#signal = signal
    this.#stack = stack
    this.#nonce = nonce
  }

  get token(): string {
    return `${this.id}.${this.#nonce}`
  }

  advance(phase: 'switch', tell: Tell): Promise<Progress> {
    return this.#say(tell, 'advance', phase)
  }

  async migrate(steps: readonly Step[], tell: Tell): Promise<Progress> {
    const { content, sha256 } = await packFiles(phaseFiles('.', steps))
    const word = newWordId()
    return this.#follow(tell, (from) => ({
      ...script(addPhaseProgram, this.#stack, this.id, sha256, this.#nonce, word, String(from), 'migrate'),
      stdin: content,
    }))
  }

  async report(check: string, verdict: Verdict): Promise<void> {
    this.#mustBeHeard(`report ${check} as ${verdict}`, await this.#say(silent, 'report', check, verdict))
  }

  async renew(lease: number): Promise<void> {
    this.#mustBeHeard(`renew the lease for ${lease} s`, await this.#say(silent, 'renew', String(lease)))
  }

  confirm(how: 'checked' | 'unchecked', tell: Tell): Promise<Progress> {
    return this.#say(tell, 'confirm', how)
  }

  abort(cause: string, tell: Tell): Promise<Progress> {
    return this.#say(tell, 'abort', cause)
  }

  /**
   * Runs the command that opens it with so many words. After a lost connection it is not opened again, but followed as far
   * as it came.
   */
  begin(command: Command, words: number, tell: Tell): Promise<Progress> {
    const again = (from: number): Command => this.#agent('follow', String(from || 1), String(words))
    return this.#follow(tell, (from, isAgain) => (isAgain ? again(from) : command))
  }

  /**
   * Runs a command that ends in following the journal, and again on a new connection when the one it ran on was lost: it
   * can be repeated, and says itself from which record on it follows (0: from where it begins to have an effect).
   */
  async #follow(tell: Tell, command: (from: number, isAgain: boolean) => Command): Promise<Progress> {
    const reader = new ProgressReader(tell)
    const again = (): Command => command(reader.next === 1 ? 0 : reader.next, true)
    const outcome = await this.#run(command(0, false), again, reader)
    if (reader.progress?.kind === 'gone') return this.#recover(reader, tell)
    if (reader.progress) return reader.progress
    const where = { step: 'talk to the agent', host: this.#link.host }
    const refusal = outcome.kind === 'exited' ? REFUSALS[outcome.code] : undefined
    if (outcome.kind === 'exited' && refusal) throw new StepError({ ...where, why: outcome.stderr.trim(), ...refusal })
    throw new StepError({
      ...where,
      why: outcome.kind === 'lost' ? outcome.reason : 'it did not say where the transaction stands',
      ...(outcome.kind === 'exited' && {
        exitCode: outcome.code,
        lastLines: outcome.stderr.trim().split('\n').slice(-5),
      }),
      state: `unknown for the transaction ${this.id}; unless it was confirmed, the server goes back by itself`,
      next: `see ${this.#stack}/transactions/${this.id}/journal on the host`,
    })
  }

  async #run(command: Command, again: () => Command, reader: ProgressReader): Promise<RemoteOutcome> {
    const onStdoutLine = (line: string): void => {
      reader.read(line)
    }
    const stopReminding = remindWhileWaiting(reader)
    try {
      return await this.#link.run(command, again, { onStdoutLine, ...(this.#signal && { signal: this.#signal }) })
    } catch (error) {
      if (this.#signal?.aborted !== true) throw error
      throw new StepError({
        step: 'follow the transaction',
        host: this.#link.host,
        why: 'the job was cancelled',
        state: `the server goes on alone with ${this.id}; nothing is confirmed, so it goes back, at the latest when the lease is over`,
        next: `the post step of the action that opened it takes it back now; its end is in ${this.#stack}/ledger.jsonl on the host`,
        cause: error,
      })
    } finally {
      stopReminding()
    }
  }

  /** A word is heard once, however often it is said: its id tells. */
  #say(tell: Tell, ...words: readonly string[]): Promise<Progress> {
    const id = newWordId()
    return this.#follow(tell, (from) => this.#agent('say', this.#nonce, id, String(from), ...words))
  }

  /** The agent died: any visitor may have it brought to its end, by the table that the plan carries. */
  async #recover(reader: ProgressReader, tell: Tell): Promise<Progress> {
    tell.line('the agent on the host is gone; recovering')
    // On a new connection too: what was lost with the one before may have been a host that was cut off.
    const command = (): Command =>
      script(
        `${FIND_AGENT}; sh "$agent" recover "$stack" "$id"; exec sh "$agent" follow "$stack" "$id" "$1"`,
        ...[this.#stack, this.id, String(reader.next)],
      )
    // Whoever recovers may die of the same cause; beyond the limit the host gives up by itself.
    for (let tries = 0; tries <= LIMITS.recoveries; tries++) {
      await this.#link.run(command(), command, {
        onStdoutLine: (line) => {
          reader.read(line)
        },
      })
      if (reader.progress?.kind !== 'gone') break
    }
    return reader.progress ?? { kind: 'gone' }
  }

  #agent(verb: 'say' | 'follow', ...args: readonly string[]): Command {
    return script(
      `${FIND_AGENT}; verb=$1; shift; exec sh "$agent" "$verb" "$stack" "$id" "$@"`,
      this.#stack,
      this.id,
      verb,
      ...args,
    )
  }

  #mustBeHeard(what: string, progress: Progress): void {
    if (progress.kind === 'waiting') return
    const where = { step: what, host: this.#link.host }
    switch (progress.kind) {
      case 'ended':
        throw new StepError({
          ...where,
          why: `the transaction has ended already: ${[progress.result, explainCause(progress.cause)].filter(Boolean).join(', ')}`,
          next: 'see the log of the step that deployed',
        })
      case 'refused':
        throw new StepError({ ...where, why: `the server refused it: ${explainCause(progress.why)}` })
      case 'gone':
        throw new StepError({ ...where, why: 'the agent on the server is gone and could not be recovered' })
    }
  }
}

const FIND_AGENT =
  'stack=$1 id=$2; shift 2; [ -d "$stack/transactions/$id" ] || { echo "there is no transaction $id in $stack" >&2; exit 6; }; ' +
  'agent=$stack/$(cat "$stack/transactions/$id/plan/agent")'
