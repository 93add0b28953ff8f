import { createServer as createTlsServer, request as requestTls } from 'node:https'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { askOverHttp, BODY_LIMIT, type Reply, replyOf } from '../../../src/health/http.ts'
import type { Check } from '../../../src/health/check.ts'
import { selfSigned } from './certificate.ts'
import { aCheck, type Answering, Site } from './site.ts'

const quiet = new AbortController().signal

async function open(routes: Record<string, Answering>): Promise<Site> {
  const site = await Site.open(routes)
  onTestFinished(() => site[Symbol.asyncDispose]())
  return site
}

async function answered(check: Check) {
  const reply = await askOverHttp(check, quiet)
  if (reply.kind !== 'answered') throw new Error(`${reply.kind}: ${reply.why}`)
  return reply.answer
}

/** A server that speaks no HTTP but does this with each connection. */
async function rawServer(answer: string | undefined, end: 'reset' | 'close' | 'keep'): Promise<Check> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      if (answer !== undefined) socket.write(answer)
      if (end === 'reset') setTimeout(() => socket.resetAndDestroy(), 20)
      if (end === 'close') socket.end()
    })
    onTestFinished(() => void socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return aCheck({ url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`), timeoutMs: 200 })
}

test('status, headers and body of an answer', async () => {
  const site = await open({
    '/a?b=c': (_, response) => {
      response.writeHead(500, { 'X-Version': '7', 'Set-Cookie': ['a=1', 'b=2'] }).end('no')
    },
  })
  expect(await answered(site.check('/a?b=c'))).toMatchObject({
    status: 500,
    headers: { 'x-version': '7', 'set-cookie': 'a=1, b=2' },
    body: 'no',
    cut: false,
  })
})

test('what is sent: method, headers, body, and no kept connection', async () => {
  const bodies: string[] = []
  const site = await open({
    '/': (request, response) => {
      request.on('data', (chunk: Buffer) => bodies.push(chunk.toString())).on('end', () => response.end())
    },
  })
  const check = site.check('/', { method: 'DELETE', body: 'żółw', send: { authorization: 'Bearer x', accept: 'a/b' } })
  await answered(check)
  await answered(check)
  expect(site.requests[0]).toMatchObject({ method: 'DELETE' })
  expect(site.requests[0]?.headers).toMatchObject({
    authorization: 'Bearer x',
    accept: 'a/b',
    'accept-encoding': 'identity',
    'content-length': '7',
    'user-agent': 'estiba-smoke-test',
    connection: 'close',
  })
  expect(bodies).toEqual(['żółw', 'żółw'])
  expect(site.connections).toBe(2)
})

test('HEAD has no body to wait for', async () => {
  const site = await open({ '/': (_, response) => response.writeHead(200, { 'Content-Length': 500 }).end() })
  expect(await answered(site.check('/', { method: 'HEAD' }))).toMatchObject({ status: 200, body: '' })
})

test('the time runs until the last byte', async () => {
  const site = await open({
    '/': (_, response) => {
      response.write('first')
      setTimeout(() => response.end('last'), 150)
    },
  })
  const { ms, body } = await answered(site.check('/'))
  expect(body).toBe('firstlast')
  expect(ms).toBeGreaterThan(140)
})

test('a body is read up to its limit, and no further', async () => {
  let closed = false
  const endless: Answering = (_, response) => {
    const chunk = Buffer.alloc(256 * 1024, 'x')
    const pour = (): void => {
      if (!closed) response.write(chunk, pour)
    }
    response.on('close', () => (closed = true))
    pour()
  }
  const site = await open({ '/exact': (_, r) => r.end('y'.repeat(BODY_LIMIT)), '/endless': endless })
  const exact = await answered(site.check('/exact'))
  expect([exact.cut, exact.body.length]).toEqual([false, BODY_LIMIT])
  const cut = await answered(site.check('/endless'))
  expect([cut.cut, cut.body.length]).toEqual([true, BODY_LIMIT])
  await expect.poll(() => closed).toBe(true)
})

test('other charsets, known and unknown', async () => {
  const send =
    (type: string): Answering =>
    (_, response) =>
      response.writeHead(200, { 'Content-Type': type }).end(Buffer.from([0xe9]))
  const site = await open({ '/latin': send('text/html; charset="ISO-8859-1"'), '/odd': send('text/html; charset=odd') })
  expect((await answered(site.check('/latin'))).body).toBe('é')
  expect((await answered(site.check('/odd'))).body).toBe('\uFFFD')
})

test('a redirect is the answer, unless followed', async () => {
  const site = await open({
    '/old': (_, response) => response.writeHead(302, { Location: 'new' }).end(),
    '/new': (_, response) => response.end('here'),
    '/loop': (_, response) => response.writeHead(302, { Location: '/loop' }).end(),
    '/mail': (_, response) => response.writeHead(302, { Location: 'mailto:a@b.example' }).end(),
    '/nowhere': (_, response) => response.writeHead(302).end(),
  })
  expect(await answered(site.check('/old'))).toMatchObject({ status: 302, headers: { location: 'new' } })
  expect(await answered(site.check('/old', { follow: true }))).toMatchObject({ status: 200, body: 'here' })
  expect(await answered(site.check('/nowhere', { follow: true }))).toMatchObject({ status: 302 })
  const down = (why: string): Reply => ({ kind: 'down', why })
  expect(await askOverHttp(site.check('/loop', { follow: true }), quiet)).toEqual(down('redirects more than 5 times'))
  expect(await askOverHttp(site.check('/mail', { follow: true }), quiet)).toEqual(down('redirects to no web address'))
})

test('what is sent stays with the site it was meant for', async () => {
  const other = await open({ '/': (_, response) => response.end() })
  const site = await open({
    '/': (_, response) => response.writeHead(302, { Location: other.origin }).end(),
    '/here': (_, response) => response.writeHead(302, { Location: '/' }).end(),
  })
  await answered(site.check('/here', { follow: true, send: { Authorization: 'x', 'X-Api-Key': 'y' } }))
  expect(site.requests.map(({ headers }) => headers['x-api-key'])).toEqual(['y', 'y'])
  expect(other.requests).toHaveLength(1)
  expect(other.requests[0]?.headers).not.toHaveProperty('authorization')
  expect(other.requests[0]?.headers).not.toHaveProperty('x-api-key')
})

test.each([
  ['keeps the connection open without an answer', undefined, 'keep', 'no whole answer in 200 ms'],
  ['stops in the head', 'HTTP/1.1 200 OK\r\nX-A: 1', 'keep', 'no whole answer in 200 ms'],
  ['stops in the body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', 'keep', 'no whole answer in 200 ms'],
  ['resets in the body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', 'reset', 'broke off'],
  ['ends within the body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', 'close', 'broke off'],
  ['ends within a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal', 'close', 'broke off'],
  ['resets before the answer', undefined, 'reset', 'broke off'],
  ['speaks something else', 'SSH-2.0-OpenSSH_9.9\r\n', 'keep', 'Parse Error'],
] as const)('down: a site that %s', async (_, answer, end, why) => {
  const reply = await askOverHttp(await rawServer(answer, end), quiet)
  expect(reply).toMatchObject({ kind: 'down', why: expect.stringContaining(why) as string })
})

test('down: a port that nobody listens on, and a host that speaks no TLS', async () => {
  const site = await open({ '/': (_, response) => response.end() })
  const tls = site.check('/', { url: new URL(site.origin.replace('http:', 'https:')) })
  expect(await askOverHttp(tls, quiet)).toMatchObject({ kind: 'down' })
  const closed = aCheck({ url: new URL('http://127.0.0.1:1/') })
  expect(await askOverHttp(closed, quiet)).toEqual({ kind: 'down', why: 'the connection was refused' })
})

test('down: a certificate that nobody vouches for, even where the environment says not to look', async () => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  onTestFinished(() => void vi.unstubAllEnvs())
  const server = createTlsServer(selfSigned(), (_, response) => response.end('here'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`)

  const careless = await new Promise((resolve, reject) => {
    requestTls(url, { agent: false, rejectUnauthorized: false }, ({ statusCode }) => {
      resolve(statusCode)
    })
      .on('error', reject)
      .end()
  })
  expect(careless).toBe(200)
  expect(await askOverHttp(aCheck({ url }), quiet)).toEqual({ kind: 'down', why: 'its certificate is self-signed' })
})

test('untold: a cancelled job, at once, wherever it was', async () => {
  const cancelled: Reply = { kind: 'untold', why: 'the job was cancelled' }
  expect(await askOverHttp(aCheck(), AbortSignal.abort())).toEqual(cancelled)
  const check = { ...(await rawServer('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', 'keep')), timeoutMs: 60_000 }
  const start = performance.now()
  expect(await askOverHttp(check, AbortSignal.timeout(50))).toEqual(cancelled)
  expect(performance.now() - start).toBeLessThan(20_000)
})

const failed = (code: string, message = code) => Object.assign(new Error(message), { code })

test.each([
  [failed('ENOTFOUND'), 'down', 'there is no such host name'],
  [failed('EAI_AGAIN'), 'untold', 'no DNS server answers this machine'],
  [failed('EMFILE', 'too many open files'), 'untold', 'too many open files (EMFILE)'],
  [failed('CERT_HAS_EXPIRED', 'certificate has expired'), 'down', 'certificate has expired (CERT_HAS_EXPIRED)'],
  [new AggregateError([failed('ENETUNREACH'), failed('ECONNREFUSED')]), 'down', 'the connection was refused'],
  [new AggregateError([failed('ENETUNREACH'), failed('ENETUNREACH')]), 'untold', 'this machine has no route to it'],
] as const)('whose fault %s is', (error, kind, why) => {
  expect(replyOf(error)).toEqual({ kind, why })
})

test('a bug is no verdict', () => {
  const invalid = Object.assign(new TypeError('bad'), { code: 'ERR_INVALID_ARG_TYPE' })
  expect(() => replyOf(invalid)).toThrow(invalid)
  expect(() => replyOf(new Error('no code'))).toThrow('no code')
})
