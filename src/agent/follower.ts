import { type Command, script } from '../command/command.ts'
import { StepError } from '../errors.ts'
import type { Connect, Remote, RemoteOutcome } from '../host/remote.ts'
import type { Log } from '../runner/job.ts'
import { Link } from './link.ts'
import { type Progress, ProgressReader, remindWhileWaiting } from './progress.ts'
import { LIMITS } from './protocol.ts'
import { REFUSALS } from './refusals.ts'

/** Is told what the agent does, line by line. */
export type Tell = Pick<Log, 'line'>

/** How a transaction is followed beyond one connection. */
export interface Following {
  /** Opens the connection anew when it is lost. */
  readonly connect?: Connect
  /** Ends the following, not the transaction, when the job is cancelled. */
  readonly signal?: AbortSignal
}

/** Follows a transaction to where the agent waits or it has ended, over as many connections as that takes. */
export class Follower {
  readonly #link: Link
  readonly #stack: string
  readonly #id: string
  readonly #signal: AbortSignal | undefined

  constructor(remote: Remote, stack: string, id: string, { connect, signal }: Following) {
    this.#link = new Link(remote, connect)
    this.#stack = stack
    this.#id = id
    this.#signal = signal
  }

  get host(): string {
    return this.#link.host
  }

  /** A program of the agent that the transaction was opened with. */
  program(verb: 'say' | 'follow', ...args: readonly string[]): Command {
    return script(
      `${FIND_AGENT}; verb=$1; shift; exec sh "$agent" "$verb" "$stack" "$id" "$@"`,
      this.#stack,
      this.#id,
      verb,
      ...args,
    )
  }

  /**
   * Runs a command that ends in following the journal, and again on a new connection when the one it ran on was lost: it
   * can be repeated, and says itself from which record on it follows (0: from where it begins to have an effect).
   */
  async follow(tell: Tell, command: (from: number, isAgain: boolean) => Command): Promise<Progress> {
    const reader = new ProgressReader(tell)
    // The terminal record is all there is to know, also where the connection was lost behind it.
    const again = (): Command | undefined =>
      reader.progress?.kind === 'ended' ? undefined : command(reader.next === 1 ? 0 : reader.next, true)
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
      state: `unknown for the transaction ${this.#id}; unless it was confirmed, the server goes back by itself`,
      next: `see ${this.#stack}/transactions/${this.#id}/journal on the host`,
    })
  }

  async #run(command: Command, again: () => Command | undefined, reader: ProgressReader): Promise<RemoteOutcome> {
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
        state: `the server goes on alone with ${this.#id}; nothing is confirmed, so it goes back, at the latest when the lease is over`,
        next: `the post step of the action that opened it takes it back now; its end is in ${this.#stack}/ledger.jsonl on the host`,
        cause: error,
      })
    } finally {
      stopReminding()
    }
  }

  /** The agent died: any visitor may have it brought to its end, by the table that the plan carries. */
  async #recover(reader: ProgressReader, tell: Tell): Promise<Progress> {
    tell.line('the agent on the host is gone; recovering')
    // On a new connection too: what was lost with the one before may have been a host that was cut off.
    const command = (): Command =>
      script(
        `${FIND_AGENT}; sh "$agent" recover "$stack" "$id"; exec sh "$agent" follow "$stack" "$id" "$1"`,
        ...[this.#stack, this.#id, String(reader.next)],
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
}

const FIND_AGENT =
  'stack=$1 id=$2; shift 2; [ -d "$stack/transactions/$id" ] || { echo "there is no transaction $id in $stack" >&2; exit 6; }; ' +
  'agent=$stack/$(cat "$stack/transactions/$id/plan/agent")'
