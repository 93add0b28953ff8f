import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { command, script } from '../../../src/command/command.ts'
import type { Remote } from '../../../src/host/remote.ts'
import { connect } from '../../../src/host/ssh.ts'
import { type Proxy, startProxy } from '../../support/sshd/proxy.ts'
import { type Sshd, startSshd } from '../../support/sshd/sshd.ts'

let sshd: Sshd

beforeAll(async () => {
  sshd = await startSshd()
})

afterAll(async () => {
  await sshd[Symbol.asyncDispose]()
})

interface Link extends AsyncDisposable {
  readonly remote: Remote
  readonly proxy: Proxy
}

async function makeLink(): Promise<Link> {
  const proxy = await startProxy(sshd.host)
  const remote = await through(proxy)
  return {
    remote,
    proxy,
    [Symbol.asyncDispose]: async () => {
      await remote[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
    },
  }
}

function through({ port }: Proxy): Promise<Remote> {
  const host = { ...sshd.host, port }
  return connect({ host, privateKey: sshd.privateKey, knownHosts: sshd.knownHosts(['ed25519'], port) })
}

// Most of these wait, so they wait together.
describe.concurrent('a link', () => {
  test.each(['cut', 'reset'] as const)('that is %s while a command runs is lost at once', async (way) => {
    await using link = await makeLink()
    const first = Promise.withResolvers<number>()
    const onStdoutLine = (): void => {
      link.proxy[way]()
      first.resolve(performance.now())
    }
    expect(await link.remote.run(script('echo before; sleep 20'), { onStdoutLine })).toMatchObject({ kind: 'lost' })
    expect(performance.now() - (await first.promise)).toBeLessThan(10_000)
  })

  test('that dies between two commands is lost, and a new one works', async () => {
    await using link = await makeLink()
    link.proxy.reset()
    await sleep(500)
    expect(await link.remote.run(command('true'))).toMatchObject({ kind: 'lost' })
    await using again = await through(link.proxy)
    expect(await again.run(command('true'))).toMatchObject({ kind: 'exited', code: 0 })
  })

  test('that becomes a black hole is noticed in seconds', async () => {
    await using link = await makeLink()
    const run = link.remote.run(script('sleep 60'))
    await sleep(2000)
    const start = performance.now()
    link.proxy.blackHole()
    expect(await run).toMatchObject({ kind: 'lost', reason: 'no sign of life from the server for 13 s' })
    expect(performance.now() - start).toBeLessThan(25_000)
  })

  test('that becomes a black hole is noticed while a command is being opened', async () => {
    await using link = await makeLink()
    const start = performance.now()
    link.proxy.blackHole()
    expect(await link.remote.run(command('true'))).toMatchObject({ kind: 'lost' })
    expect(performance.now() - start).toBeLessThan(25_000)
  })

  test('on which a command is silent for longer than that is not lost', async () => {
    await using link = await makeLink()
    const outcome = await link.remote.run(script('sleep 18; echo done'))
    expect(outcome).toMatchObject({ kind: 'exited', stdout: 'done\n' })
  })

  test('with a slow upload is not taken for a black hole', async () => {
    await using link = await makeLink()
    link.proxy.throttle(100_000)
    const start = performance.now()
    const outcome = await link.remote.run({ argv: ['wc', '-c'], stdin: new Uint8Array(2_000_000) })
    expect(outcome).toMatchObject({ kind: 'exited', stdout: '2000000\n' })
    expect(performance.now() - start).toBeGreaterThan(15_000)
  })

  test('is ended without waiting for a black hole', async () => {
    await using link = await makeLink()
    link.proxy.blackHole()
    const start = performance.now()
    await link.remote[Symbol.asyncDispose]()
    expect(performance.now() - start).toBeLessThan(8000)
  })

  test('that is reset while it ends harms nobody', async () => {
    await using link = await makeLink()
    const end = link.remote[Symbol.asyncDispose]()
    link.proxy.reset()
    await end
    await sleep(200)
    expect(await link.remote.run(command('true'))).toMatchObject({ kind: 'lost' })
  })

  test('whose server process is killed is lost', async () => {
    await using link = await makeLink()
    const outcome = await link.remote.run(script('echo before; sleep 1; kill -9 $PPID; sleep 20'))
    expect(outcome).toMatchObject({ kind: 'lost', stdout: 'before\n' })
  })
})
