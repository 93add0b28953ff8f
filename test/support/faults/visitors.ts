import { get } from 'node:http'

/** How one request of a visitor went. */
export interface Visit {
  /** Milliseconds since the epoch, at its start. */
  readonly at: number
  /** The version that answered with 200; otherwise why not. */
  readonly version?: string
  readonly failure?: string
}

/** A busy machine answers late; that is not a failed request. */
const PATIENCE_MS = 20_000

/** Asks for a page over a new connection each 100 ms, whatever became of the ones before. */
export class Visitors implements AsyncDisposable {
  readonly #url: string
  readonly #visits: Promise<Visit>[] = []
  readonly #timer: NodeJS.Timeout

  constructor(url: string) {
    this.#url = url
    this.#timer = setInterval(() => {
      this.#visits.push(visit(url))
    }, 100)
  }

  /** Sends nobody any more, and resolves to how all fared. */
  async stop(): Promise<readonly Visit[]> {
    clearInterval(this.#timer)
    return Promise.all(this.#visits)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** What some visitors get now, one after the other; each version or failure once. */
  async ask(times: number): Promise<readonly string[]> {
    const answers = new Set<string>()
    for (let time = 0; time < times; time++) {
      const { version, failure } = await visit(this.#url)
      answers.add(version ?? failure ?? '')
    }
    return [...answers]
  }
}

function visit(url: string): Promise<Visit> {
  const at = Date.now()
  return new Promise((resolve) => {
    const failed = (failure: string): void => {
      resolve({ at, failure })
    }
    const request = get(url, { agent: false, timeout: PATIENCE_MS }, (response) => {
      response.on('error', ({ message }) => {
        failed(message)
      })
      response.on('end', () => {
        const version = response.headers['x-version']
        if (response.statusCode === 200 && typeof version === 'string') resolve({ at, version })
        else failed(`status ${response.statusCode ?? 'none'}`)
      })
      response.resume()
    })
    request.on('timeout', () => request.destroy(new Error('no answer in time')))
    request.on('error', ({ message }) => {
      failed(message)
    })
  })
}
