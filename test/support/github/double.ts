import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { answer, type Answer } from './answers.ts'
import { describeCall } from './description.ts'
import { GitHubState } from './state.ts'

/** What goes wrong with one answer: a status with headers, or a line that breaks. */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly message?: string }
  | 'hang up'

/**
 * GitHub's API on loopback, with a memory. Requests and answers are held to GitHub's own description; whatever breaks it,
 * and every path outside of it, is kept in `problems`, which a test asserts to be empty.
 */
export class GitHubDouble extends GitHubState implements AsyncDisposable {
  /** `get /repos/octo/shop/deployments?environment=staging`, in order of arrival. */
  readonly calls: string[] = []
  readonly problems: string[] = []
  readonly #server: Server
  readonly #faults: Fault[] = []

  private constructor(server: Server, repository: string) {
    super(repository, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    this.#server = server
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response))
  }

  static async start(repository = 'octo/shop'): Promise<GitHubDouble> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new GitHubDouble(server, repository)
  }

  /** The next calls meet these faults, one each. */
  failNext(...faults: readonly Fault[]): void {
    this.#faults.push(...faults)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams, search } = new URL(request.url ?? '/', this.url)
    const method = request.method ?? 'GET'
    this.calls.push(`${method.toLowerCase()} ${pathname}${search}`)
    const body = method === 'GET' ? undefined : await json(request).catch(() => undefined)

    const fault = this.#faults.shift()
    if (fault === 'hang up') {
      request.socket.destroy()
      return
    }
    if (fault !== undefined) {
      send(response, { status: fault.status, body: { message: fault.message ?? 'Out of order' } }, fault.headers)
      return
    }
    send(response, this.#answer(method, pathname, searchParams, body))
  }

  #answer(method: string, path: string, query: URLSearchParams, body: unknown): Answer {
    const call = describeCall(method, path)
    if (call === undefined) {
      this.problems.push(`${method} ${path}: GitHub has no such call, or test/fixtures does not hold it`)
      return { status: 501, body: { message: 'Not Implemented' } }
    }
    const wrong = call.requestProblems(query, body).map((problem) => `${call.name}: ${problem}`)
    this.problems.push(...wrong)
    if (wrong.length > 0) return { status: 422, body: { message: wrong.join('; ') } }
    const given = answer(this, call, query, body)
    this.problems.push(...call.responseProblems(given.status, given.body).map((problem) => `double: ${problem}`))
    return given
  }
}

function send(
  response: ServerResponse,
  { status, body }: Answer,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
  response.end(JSON.stringify(body))
}
