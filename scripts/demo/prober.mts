import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Sample } from './recording.mts'

export interface ProberOptions {
  readonly url: string
  /** Requests a second. */
  readonly rate: number
  /** What `at` of the samples is counted from, on the clock of `performance.now()`. */
  readonly origin?: number
  /** Milliseconds after which a request is given up. */
  readonly timeout?: number
}

/**
 * Asks a site again and again from outside, in an open loop: the next request leaves at its time whether or not the last
 * one was answered, so that a slow site can't slow its own measurement down.
 */
export class Prober implements AsyncDisposable {
  readonly samples: Sample[] = []
  readonly #options: Required<ProberOptions>
  readonly #pending = new Set<Promise<void>>()
  readonly #waiting: ((sample: Sample) => void)[] = []
  #timer: NodeJS.Timeout
  #sent = 0
  readonly #start = performance.now()

  constructor({ url, rate, origin = performance.now(), timeout = 2000 }: ProberOptions) {
    this.#options = { url, rate, origin, timeout }
    this.#timer = setTimeout(this.#tick, 0)
  }

  /** The next `count` samples whose requests have not left yet. */
  async next(count: number): Promise<readonly Sample[]> {
    const since = this.#now()
    const samples: Sample[] = []
    while (samples.length < count) {
      const sample = await new Promise<Sample>((resolve) => this.#waiting.push(resolve))
      if (sample.at >= since) samples.push(sample)
    }
    return samples
  }

  /** Resolves when the last request has been answered or given up. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer)
    await Promise.race([Promise.all(this.#pending), sleep(this.#options.timeout + 500)])
  }

  readonly #tick = (): void => {
    const request = this.#ask().finally(() => this.#pending.delete(request))
    this.#pending.add(request)
    this.#sent += 1
    const due = this.#start + (this.#sent * 1000) / this.#options.rate
    this.#timer = setTimeout(this.#tick, Math.max(0, due - performance.now()))
  }

  async #ask(): Promise<void> {
    const at = this.#now()
    const { status, version } = await ask(this.#options.url, this.#options.timeout)
    const sample: Sample = { at: Math.round(at), ms: Math.round(this.#now() - at), status, version }
    this.samples.push(sample)
    for (const resolve of this.#waiting.splice(0)) resolve(sample)
  }

  #now(): number {
    return performance.now() - this.#options.origin
  }
}

type Answer = Pick<Sample, 'status' | 'version'>

function ask(url: string, timeout: number): Promise<Answer> {
  return new Promise((resolve) => {
    const none = () => {
      resolve({ status: null, version: null })
    }
    const signal = AbortSignal.timeout(timeout)
    const request = get(url, { agent: false, signal }, (response) => {
      const { statusCode = null, headers } = response
      const version = headers['x-version']
      response.on('error', none).on('close', none).resume()
      response.on('end', () => {
        resolve({ status: statusCode, version: typeof version === 'string' ? version : null })
      })
    })
    request.on('error', none)
  })
}
