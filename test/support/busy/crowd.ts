/**
 * Visitors as a process of their own, so that nobody's work slows their clock: an open loop of requests, and WebSockets and
 * event streams that are opened again when they end. Ends with its standard input, and then prints what became of all.
 */
import { Agent, request, type ClientRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CrowdOptions, CrowdReport, Failed } from './visitors.ts'

const { url, rate, sockets, streams } = JSON.parse(process.argv[2] ?? '{}') as CrowdOptions
const kept = new Agent({ keepAlive: true, maxSockets: 16 })
const start = performance.now()
const began = Date.now()
const failures: Failed[] = []
const versions: Record<string, number> = {}
const lasting = { sockets: { opened: 0, ended: 0 }, streams: { opened: 0, ended: 0 } }
let [sent, failed, isOver] = [0, 0, false]
let [lastGood, silence] = [start, 0]
const times: number[] = []

interface Visit {
  readonly path: string
  readonly isKept: boolean
  readonly body?: string
  /** What a good answer says; the set moves as one, so all versions in it are the same. */
  readonly says: RegExp
}

const body = 'x'.repeat(20_000)
const VISITS: readonly Visit[] = [
  { path: '/', isKept: true, says: /^web (?<version>\S+) api \k<version>$/ },
  { path: '/api/', isKept: false, says: /^api (?<version>\S+)$/ },
  { path: '/', isKept: false, says: /^web (?<version>\S+) api \k<version>$/ },
  { path: '/orders', isKept: true, body, says: new RegExp(`^web (?<version>\\S+) took ${body.length}$`) },
]

function good(version: string, milliseconds: number): void {
  times.push(milliseconds)
  versions[version] = (versions[version] ?? 0) + 1
  if (!isOver) lastGood = heard()
}

/** The time now, which ends a silence. */
function heard(): number {
  const now = performance.now()
  silence = Math.max(silence, now - lastGood)
  return now
}

function fail(what: string, from = performance.now()): void {
  failed += 1
  const at = Math.round(performance.now() - start)
  if (failures.length < 10_000) failures.push({ asked: Math.round(from - start), at, what })
}

function ask({ path, isKept, body: text, says }: Visit): Promise<void> {
  const from = performance.now()
  return new Promise((resolve) => {
    const options = {
      method: text === undefined ? 'GET' : 'POST',
      agent: isKept ? kept : false,
      signal: AbortSignal.timeout(10_000),
    } as const
    const visit = request(new URL(path, url), options, (response) => {
      let answer = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => (answer += part))
      response.on('error', (error) => {
        fail(`${path}: ${error.message}`, from)
        resolve()
      })
      response.on('end', () => {
        const version = says.exec(answer)?.groups?.['version']
        if (response.statusCode === 200 && version !== undefined) good(version, performance.now() - from)
        else fail(`${path}: ${String(response.statusCode)} ${answer.slice(0, 120)}`, from)
        resolve()
      })
    })
    visit.on('error', (error) => {
      fail(`${path}: ${error.message}${visit.reusedSocket ? ' on a kept connection' : ''}`, from)
      resolve()
    })
    visit.end(text)
  })
}

/** One of them, over and over. One that can't be opened is a failure; one that ends is counted. */
async function last(what: keyof typeof lasting, open: () => ClientRequest): Promise<void> {
  while (!isOver) {
    await new Promise<void>((resolve) => {
      const asked = open()
      const opened = (connection: NodeJS.EventEmitter): void => {
        lasting[what].opened += 1
        connection.on('error', () => undefined)
        connection.on('close', () => {
          if (!isOver) lasting[what].ended += 1
          resolve()
        })
      }
      asked.on('upgrade', (_, socket) => {
        opened(socket)
        socket.resume()
      })
      asked.on('response', (response) => {
        if (what === 'streams' && response.statusCode === 200) opened(response.resume())
        else {
          fail(`${what}: ${String(response.statusCode)}`)
          asked.destroy()
          resolve()
        }
      })
      asked.on('error', (error) => {
        if (!isOver) fail(`${what}: ${error.message}`)
        resolve()
      })
      asked.end()
    })
    await sleep(100 + Math.random() * 400)
  }
}

const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }
const socket = (): ClientRequest =>
  request(new URL('/ws', url), {
    agent: false,
    headers: { ...upgrade, 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' },
  })
const stream = (): ClientRequest => request(new URL('/events', url), { agent: false })
for (let count = 0; count < sockets; count++) void last('sockets', socket)
for (let count = 0; count < streams; count++) void last('streams', stream)

const pending = new Set<Promise<void>>()
const tick = (): void => {
  if (isOver) return
  const visit = VISITS[sent % VISITS.length]
  if (visit === undefined) return
  sent += 1
  const asked = ask(visit).finally(() => pending.delete(asked))
  pending.add(asked)
  setTimeout(tick, Math.max(0, start + (sent * 1000) / rate - performance.now()))
}
tick()

process.stdin.resume().on('end', () => {
  const seconds = (heard() - start) / 1000
  isOver = true
  void Promise.all(pending).then(() => {
    const p99 = times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0
    const report: CrowdReport = {
      ...{ began, sent, failed, failures, versions, seconds, p99 },
      silence: silence / 1000,
      ...lasting,
    }
    process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0))
  })
})
