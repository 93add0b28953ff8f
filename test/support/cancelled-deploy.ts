import type { BundleRun } from './bundle.ts'
import type { Seen, SmallStack } from './small-stack.ts'

/** How a deploy ended that was cancelled. */
export interface Cancelled {
  /** Seconds from the start of the step to its cancellation. */
  readonly at: number
  readonly main: BundleRun
  readonly post: BundleRun
  /** `never begun` where the ledger has nothing of it. */
  readonly result: string
  /** What is wrong with it, in words; empty if nothing is. */
  readonly objections: readonly string[]
}

/** Deploys one release after the other to a stack and cancels them, as somebody does who presses a button. */
export class Canceller {
  readonly #stack: SmallStack
  /** What a deploy takes when nobody cancels it. */
  readonly #seconds: number
  #live: string

  private constructor(stack: SmallStack, seconds: number, live: string) {
    this.#stack = stack
    this.#seconds = seconds
    this.#live = live
  }

  /** Deploys twice without a cancel: a stack that is there already is what most deploys meet, and takes how long? */
  static async create(stack: SmallStack): Promise<Canceller> {
    await deployed(stack, 'first')
    const from = performance.now()
    await deployed(stack, 'second')
    return new Canceller(stack, (performance.now() - from) / 1000, 'second')
  }

  /**
   * Deploys a release, cancels it, and runs the post step.
   *
   * @param moment from 0, at its start, to 1, when it has probably ended
   */
  async cancel(release: string, moment: number): Promise<Cancelled> {
    const at = moment * this.#seconds
    const controller = new AbortController()
    const timer = setTimeout(() => {
      controller.abort()
    }, at * 1000)
    const main = await this.#stack.deploy(release, {}, { signal: controller.signal })
    clearTimeout(timer)
    const post = await this.#stack.deploy(release, {}, { state: main.state })
    const seen = await this.#stack.look(release)
    const result = seen.results.at(-1) ?? 'never begun'
    if (result === 'committed') this.#live = release
    const ended = { at, main, post, result }
    return { ...ended, objections: objectionsTo(ended, seen, this.#live) }
  }
}

async function deployed(stack: SmallStack, release: string): Promise<void> {
  const { code, stdout } = await stack.deploy(release)
  if (code !== 0) throw new Error(`the deploy of ${release} failed:\n${stdout}`)
}

function objectionsTo(
  { at, main, post, result }: Omit<Cancelled, 'objections'>,
  { serving, isOpen }: Seen,
  live: string,
): readonly string[] {
  const { endedAfter = 0, code, stdout } = main
  const found = [
    ...(endedAfter < 7.5 ? [] : [`the step ended ${endedAfter.toFixed(1)} s after SIGINT`]),
    ...(code === 0 && result !== 'committed' ? [`the step is green, and the transaction is ${result}`] : []),
    // Without a code the signal itself ended it: before it had begun, or after it was done.
    ...(code !== 1 || stdout.includes('State: ') ? [] : ['the step does not say where the transaction stands']),
    ...(post.code === 0 ? [] : [`the post step failed:\n${post.stdout}`]),
    ...(['never begun', 'undone', 'committed'].includes(result) ? [] : [`the transaction is ${result}`]),
    ...(isOpen ? ['a transaction is still open'] : []),
    ...(serving.join() === live ? [] : [`${serving.join(', ') || 'nothing'} serves instead of ${live}`]),
  ]
  return found.map((text) => `cancelled after ${at.toFixed(2)} s: ${text}\n${stdout.slice(-1500)}`)
}
