import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** What visitors ask for, and how the right service answers. */
export interface Target {
  readonly url: string
  /** In the body of each good answer. */
  readonly contains: string
}

/** One answer that was not as it should be. */
export interface Failure {
  /** Milliseconds since the load began. */
  readonly at: number
  readonly url: string
  readonly what: string
}

/**
 * Visitors from outside, in an open loop: each target is asked at a steady rate, half of it over connections that are kept,
 * half over new ones. Everything but a 200 with the right service's page counts as a failure.
 */
export class Load implements AsyncDisposable {
  readonly failures: Failure[] = []
  /** Answers by the release that gave them, as it says in X-Version. */
  readonly versions = new Map<string, number>()
  readonly #kept = new Agent({ keepAlive: true, maxSockets: 8 })
  readonly #start = performance.now()
  readonly #pending = new Set<Promise<void>>()
  #timer: NodeJS.Timeout
  #sent = 0

  readonly #targets: readonly Target[]
  readonly #rate: number

  /** @param rate requests a second to each target */
  constructor(targets: readonly Target[], rate: number) {
    this.#targets = targets
    this.#rate = rate
    this.#timer = setTimeout(this.#tick, 0)
  }

  get answered(): number {
    return [...this.versions.values()].reduce((sum, count) => sum + count, 0) + this.failures.length
  }

  /** Stops asking, and waits for the answers that are under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer)
    await Promise.race([Promise.all(this.#pending), sleep(10_000)])
    this.#kept.destroy()
  }

  readonly #tick = (): void => {
    for (const target of this.#targets) {
      const request = this.#ask(target, this.#sent % 2 === 0).finally(() => this.#pending.delete(request))
      this.#pending.add(request)
    }
    this.#sent += 1
    this.#timer = setTimeout(
      this.#tick,
      Math.max(0, this.#start + (this.#sent * 1000) / this.#rate - performance.now()),
    )
  }

  async #ask({ url, contains }: Target, isKept: boolean): Promise<void> {
    const at = Math.round(performance.now() - this.#start)
    const answer = await ask(url, isKept ? this.#kept : undefined)
    if (answer.status === 200 && answer.body.includes(contains))
      this.versions.set(answer.version, (this.versions.get(answer.version) ?? 0) + 1)
    else this.failures.push({ at, url, what: `${answer.status} ${answer.version} ${answer.body.slice(0, 80)}` })
  }
}

interface Answer {
  readonly status: number
  readonly version: string
  readonly body: string
}

function ask(url: string, agent: Agent | undefined): Promise<Answer> {
  return new Promise((resolve) => {
    const fail = (error: Error): void => {
      resolve({ status: 0, version: '', body: error.message })
    }
    get(url, { agent: agent ?? false, signal: AbortSignal.timeout(10_000) }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part)).on('error', fail)
      response.on('end', () => {
        const { 'x-version': version = 'none' } = response.headers
        resolve({ status: response.statusCode ?? 0, version: String(version), body: Buffer.concat(parts).toString() })
      })
    }).on('error', fail)
  })
}
