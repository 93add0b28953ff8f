import { type IncomingMessage, request as requestHttp, type RequestOptions } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Check, Headers } from './check.ts'
import { formatDuration } from './duration.ts'
import type { Answer } from './expectation.ts'

/**
 * What one try came to. `down`: the site's users would not get an answer either (refused, reset, timed out, no such name,
 * a certificate that doesn't hold). `untold`: what failed lies on our side, so that nothing is known about the site.
 */
export type Reply =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'down'; readonly why: string }
  | { readonly kind: 'untold'; readonly why: string }

/** Asks once; never rejects for anything that the network or the site does. */
export type Ask = (check: Check, signal: AbortSignal) => Promise<Reply>

/** What is read of a body, in bytes. */
export const BODY_LIMIT = 1024 * 1024
const MOST_REDIRECTS = 5

/**
 * Asks over a connection of its own, as a new visitor would: no proxy, nothing kept alive, certificates verified whatever
 * NODE_TLS_REJECT_UNAUTHORIZED says. One deadline covers everything from the name lookup to the last byte read.
 */
export const askOverHttp: Ask = async (check, signal) => {
  const deadline = new AbortController()
  const timer = setTimeout(() => {
    deadline.abort()
  }, check.timeoutMs)
  try {
    return await follow(check, AbortSignal.any([signal, deadline.signal]))
  } catch (error) {
    if (signal.aborted) return { kind: 'untold', why: 'the job was cancelled' }
    if (deadline.signal.aborted) return { kind: 'down', why: `no whole answer in ${formatDuration(check.timeoutMs)}` }
    return replyOf(error)
  } finally {
    clearTimeout(timer)
  }
}

async function follow(check: Check, signal: AbortSignal): Promise<Reply> {
  const start = performance.now()
  let url = check.url
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    // What is sent was meant for the site that the author named, and may hold secrets.
    const headers = url.origin === check.url.origin ? check.send : {}
    const response = await send(url, check, headers, signal)
    const target = check.follow ? redirectOf(response) : undefined
    if (target === undefined) return { kind: 'answered', answer: await read(response, start) }
    response.destroy()
    const next = URL.parse(target, url.href)
    if (next === null || !/^https?:$/.test(next.protocol)) return { kind: 'down', why: 'redirects to no web address' }
    url = next
  }
  return { kind: 'down', why: `redirects more than ${MOST_REDIRECTS} times` }
}

/** As far as node:http hands them on to the connection without saying so in its types. */
interface SocketOptions extends RequestOptions {
  readonly rejectUnauthorized: boolean
  readonly autoSelectFamilyAttemptTimeout: number
}

function send(url: URL, { method, body }: Check, headers: Headers, signal: AbortSignal): Promise<IncomingMessage> {
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  const own = { 'User-Agent': 'estiba-smoke-test', Accept: '*/*', 'Accept-Encoding': 'identity' }
  const options: SocketOptions = {
    method,
    headers: {
      ...Object.fromEntries(Object.entries(own).filter(([name]) => !given.has(name.toLowerCase()))),
      ...headers,
      ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }),
    },
    agent: false,
    signal,
    rejectUnauthorized: true,
    // Node gives up an address after 250 ms to try the next one; a site far away may need longer to accept.
    autoSelectFamilyAttemptTimeout: 1000,
  }
  return new Promise((resolve, reject) => {
    const outgoing = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options, resolve)
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function redirectOf({ statusCode = 0, headers }: IncomingMessage): string | undefined {
  return [301, 302, 303, 307, 308].includes(statusCode) ? headers.location : undefined
}

async function read(response: IncomingMessage, start: number): Promise<Answer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size > BODY_LIMIT) break
  }
  const bytes = Buffer.concat(chunks).subarray(0, BODY_LIMIT)
  const headers = Object.entries(response.headersDistinct).map(([name, values = []]) => [name, values.join(', ')])
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: decode(bytes, response.headers['content-type'] ?? ''),
    cut: size > BODY_LIMIT,
    ms: performance.now() - start,
  }
}

function decode(bytes: Buffer, contentType: string): string {
  const { charset = 'utf-8' } = /charset="?(?<charset>[\w-]+)/i.exec(contentType)?.groups ?? {}
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    return new TextDecoder().decode(bytes)
  }
}

/**
 * Failures of this machine or of its way out. EAI_AGAIN is a resolver that does not answer, ENOTFOUND (not here) one that
 * says there is no such name; the network unreachable is ours, a host unreachable the site's.
 */
const OURS = new Set([
  ...['EAI_AGAIN', 'EAI_FAIL', 'EAI_MEMORY', 'EAI_SYSTEM', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL'],
  ...['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EACCES', 'EPERM'],
])

const SENTENCES: Readonly<Record<string, string>> = {
  EAI_AGAIN: 'no DNS server answers this machine',
  ENETUNREACH: 'this machine has no route to it',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection broke off before the answer was whole',
  ENOTFOUND: 'there is no such host name',
  ETIMEDOUT: 'the connection timed out',
  EHOSTUNREACH: 'the host is unreachable',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority that this machine does not know',
}

/** Whose fault an error of node:http is. Throws it again when it is neither's but a bug. */
export function replyOf(error: unknown): Reply {
  // A name with several addresses: the site is down as soon as one of them says so.
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error]
  const causes = errors.filter((cause): cause is NodeJS.ErrnoException => cause instanceof Error && 'code' in cause)
  const cause = causes.find(({ code = '' }) => !OURS.has(code)) ?? causes[0]
  if (cause === undefined || cause instanceof TypeError) throw error
  const { code = '', message } = cause
  return { kind: OURS.has(code) ? 'untold' : 'down', why: SENTENCES[code] ?? `${message} (${code})` }
}
