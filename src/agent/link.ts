import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from '../command/command.ts'
import { StepError } from '../errors.ts'
import { formatHost } from '../host/host.ts'
import type { Connect, Remote, RemoteOutcome, RunOptions } from '../host/remote.ts'

/**
 * Waits between attempts to reach the host again, in milliseconds: about a minute and a half in all. Short ones at first: a
 * host that comes back after a power cut waits for whoever recovers it.
 */
export const BACK_OFF: readonly number[] = [
  ...[500, 1_000, 2_000, 3_000, 3_000, 3_000],
  ...[5_000, 5_000, 5_000, 5_000, 10_000, 10_000, 10_000, 15_000, 15_000],
]

/** A connection that is opened anew when it is lost. */
export class Link {
  readonly #remote: Remote
  readonly #connect: Connect | undefined
  readonly #backOff: readonly number[]

  /** @param backOff milliseconds to wait before each attempt */
  constructor(remote: Remote, connect?: Connect, backOff: readonly number[] = BACK_OFF) {
    this.#remote = remote
    this.#connect = connect
    this.#backOff = backOff
  }

  get host(): string {
    return formatHost(this.#remote.host)
  }

  /**
   * Runs a command; after a lost connection `again` says what to run on the next one, which lasts as long as this call, or
   * that there is nothing more to learn.
   */
  async run(first: Command, again: () => Command | undefined, options: RunOptions = {}): Promise<RemoteOutcome> {
    const outcome = await this.#remote.run(first, options)
    if (outcome.kind === 'exited' || options.signal?.aborted === true) return outcome
    const next = again()
    if (next === undefined) return outcome
    await using remote = await this.#reconnect(outcome.reason, options.signal)
    return await new Link(remote, this.#connect, this.#backOff).run(next, again, options)
  }

  async #reconnect(reason: string, signal?: AbortSignal): Promise<Remote> {
    let last: unknown
    for (const wait of this.#connect ? this.#backOff : []) {
      await sleep(wait, undefined, signal && { signal })
      try {
        const remote = await this.#connect?.()
        if (remote) return remote
      } catch (error) {
        signal?.throwIfAborted()
        last = error
      }
    }
    throw new StepError({
      step: 'follow the transaction',
      host: this.host,
      why: `the connection was lost and did not come back: ${last instanceof Error ? last.message : reason}`,
      state: 'the server goes on alone; when nobody confirms in time it goes back to the release before',
      next: 'see what became of it on the host: tail -n 1 ledger.jsonl in the folder of the stack',
      cause: last,
    })
  }
}
