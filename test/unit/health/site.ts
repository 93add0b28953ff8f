import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Check } from '../../../src/health/check.ts'

export type Answering = (request: IncomingMessage, response: ServerResponse) => void

/** A site on loopback that answers each path in its own way; other paths get 404. */
export class Site implements AsyncDisposable {
  readonly requests: IncomingMessage[] = []
  connections = 0
  readonly #server = createServer((request, response) => {
    this.requests.push(request)
    const answer = this.#routes[request.url ?? '']
    if (answer === undefined) response.writeHead(404).end('no such page')
    else answer(request, response)
  })
  readonly #routes: Readonly<Record<string, Answering>>

  private constructor(routes: Readonly<Record<string, Answering>>) {
    this.#routes = routes
    this.#server.on('connection', () => this.connections++)
  }

  static async open(routes: Readonly<Record<string, Answering>>): Promise<Site> {
    const site = new Site(routes)
    await new Promise<void>((resolve) => site.#server.listen(0, '127.0.0.1', resolve))
    return site
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** A check of one path: one try, two seconds, any 2xx. */
  check(path: string, change: Partial<Check> = {}): Check {
    return aCheck({ name: path, url: new URL(path, this.origin), ...change })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

export function aCheck(change: Partial<Check> = {}): Check {
  return {
    name: 'front',
    method: 'GET',
    url: new URL('https://shop.example/'),
    send: {},
    follow: false,
    expected: { header: {}, json: {} },
    timeoutMs: 2000,
    retries: 0,
    everyMs: 5,
    blocking: true,
    ...change,
  }
}
