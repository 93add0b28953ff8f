import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Prober } from '../../../scripts/demo/prober.mts'

async function open(listener: RequestListener): Promise<{ url: string } & AsyncDisposable> {
  const server: Server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('Status and version of each answer are kept', async () => {
  await using site = await open((_, response) => response.writeHead(502, { 'X-Version': 'v3' }).end('closed'))
  await using prober = new Prober({ url: site.url, rate: 50 })
  const [sample] = await prober.next(1)
  expect(sample).toMatchObject({ status: 502, version: 'v3' })
})

test('A site that does not answer delays no request after it', async () => {
  await using site = await open(() => undefined)
  const prober = new Prober({ url: site.url, rate: 20, timeout: 1000 })
  await sleep(990)
  await prober[Symbol.asyncDispose]()
  const { samples } = prober
  expect(samples.length).toBeGreaterThanOrEqual(5)
  for (const { status, ms } of samples) expect([status, ms >= 980]).toEqual([null, true])
})

test('A connection that is refused is no answer', async () => {
  const { url } = await (async () => {
    await using site = await open(() => undefined)
    return site
  })()
  await using prober = new Prober({ url, rate: 50 })
  expect((await prober.next(3)).map(({ status, version }) => [status, version])).toEqual(Array(3).fill([null, null]))
})

test('An answer that breaks off half-way is no answer', async () => {
  await using site = await open((_, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('half', () => response.destroy())
  })
  await using prober = new Prober({ url: site.url, rate: 50 })
  expect((await prober.next(1))[0]?.status).toBeNull()
})

test('Next gives only what was asked after the call', async () => {
  await using site = await open((_, response) => void setTimeout(() => response.end(), 100))
  const origin = performance.now()
  await using prober = new Prober({ url: site.url, rate: 50, origin })
  await sleep(60)
  const called = performance.now() - origin
  const asked = await prober.next(2)
  for (const { at } of asked) expect(at).toBeGreaterThanOrEqual(Math.floor(called))
})
