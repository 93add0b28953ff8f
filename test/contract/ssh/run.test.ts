import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { command, script } from '../../../src/command/command.ts'
import type { Remote } from '../../../src/host/remote.ts'
import { connect } from '../../../src/host/ssh.ts'
import { startProxy } from '../../support/sshd/proxy.ts'
import { type Sshd, startSshd } from '../../support/sshd/sshd.ts'

let sshd: Sshd
let remote: Remote

beforeAll(async () => {
  sshd = await startSshd()
  remote = await connect({ host: sshd.host, privateKey: sshd.privateKey, knownHosts: sshd.knownHosts() })
})

afterAll(async () => {
  await remote[Symbol.asyncDispose]()
  await sshd[Symbol.asyncDispose]()
})

async function stdoutOf(...argv: Parameters<typeof command>): Promise<string> {
  const outcome = await remote.run(command(...argv))
  return outcome.stdout
}

test('arguments arrive as they are, whatever is in them', async () => {
  expect(await stdoutOf('printf', '[%s]', 'a', '', "it's", '$HOME', '*', 'ü\n\\')).toBe("[a][][it's][$HOME][*][ü\n\\]")
  const argument = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0') && text.isWellFormed())
  await fc.assert(
    fc.asyncProperty(fc.array(argument, { minLength: 1, maxLength: 4 }), async (args) => {
      expect(await stdoutOf('printf', '%s\\037', ...args)).toBe(args.map((text) => `${text}\u001f`).join(''))
    }),
    { numRuns: 50 },
  )
})

test('12 MB go in through stdin and come back whole', async () => {
  const bytes = randomBytes(12 * 1024 * 1024)
  const outcome = await remote.run({ argv: ['sha256sum'], stdin: bytes })
  expect(outcome.stdout).toBe(`${createHash('sha256').update(bytes).digest('hex')}  -\n`)

  const text = 'Größe\n'.repeat(1_500_000)
  const echoed = await remote.run({ argv: ['cat'], stdin: text })
  expect(echoed).toMatchObject({ kind: 'exited', code: 0 })
  expect(echoed.stdout === text).toBe(true)
})

test('without stdin a command that reads sees its end at once', async () => {
  expect(await remote.run(command('cat'))).toEqual({ kind: 'exited', code: 0, stdout: '', stderr: '' })
})

test('a command that ends before it read its stdin is told by its exit code', async () => {
  const outcome = await remote.run({ argv: ['sh', '-c', 'exit 7'], stdin: randomBytes(8 * 1024 * 1024) })
  expect(outcome).toMatchObject({ kind: 'exited', code: 7 })
  expect(await stdoutOf('echo', 'still here')).toBe('still here\n')
})

test('a character that is cut by the border of two chunks arrives whole', async () => {
  const lines: string[] = []
  const onStdoutLine = (line: string): void => void lines.push(line)
  await remote.run(script("printf 'a\\303'; sleep 0.2; printf '\\274b\\nc'; sleep 0.2; echo d"), { onStdoutLine })
  expect(lines).toEqual(['aüb', 'cd'])
})

test('lines arrive while the command runs', async () => {
  const first = Promise.withResolvers<number>()
  const onStdoutLine = (): void => {
    first.resolve(performance.now())
  }
  const done = remote.run(script('echo started; sleep 1'), { onStdoutLine }).then(() => performance.now())
  expect((await done) - (await first.promise)).toBeGreaterThan(800)
})

test('of a short command nothing is missed, however its packets are put together', async () => {
  await using proxy = await startProxy(sshd.host)
  const host = { ...sshd.host, port: proxy.port }
  const knownHosts = sshd.knownHosts(undefined, proxy.port)
  await using bundled = await connect({ host, privateKey: sshd.privateKey, knownHosts })
  // Whatever the server sends within these milliseconds arrives in one piece.
  proxy.gather(40)
  for (let code = 0; code < 20; code++) {
    expect(await bundled.run(script('echo out; echo err >&2; exit "$1"', String(code)))).toEqual({
      kind: 'exited',
      code,
      stdout: 'out\n',
      stderr: 'err\n',
    })
  }
})

test('an end by a signal counts as shells count it', async () => {
  expect(await remote.run(script('kill -9 $$'))).toMatchObject({ kind: 'exited', code: 137 })
  expect(await remote.run(script('kill -TERM $$'))).toMatchObject({ kind: 'exited', code: 143 })
})

test('several commands run at once on one connection', async () => {
  const before = sshd.log().match(/Accepted publickey/g)?.length
  // Each ends when all have begun.
  const meet = 'mkdir -p "$1"; echo >"$1/$2"; until [ "$(ls "$1" | wc -l)" = 4 ]; do sleep 0.1; done'
  const outcomes = ['1', '2', '3', '4'].map((name) => remote.run(script(meet, `${sshd.folder}/meeting`, name)))
  for (const outcome of await Promise.all(outcomes)) expect(outcome).toMatchObject({ kind: 'exited', code: 0 })
  expect(sshd.log().match(/Accepted publickey/g)).toHaveLength(before ?? 0)
})

test('more sessions than the server opens are refused as that, not as a lost connection', async () => {
  const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => remote.run(script('sleep 4'))))
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
  expect(refused).toHaveLength(2)
  expect(String(refused[0]?.reason)).toMatch(/the server opened no session[^]*the command was not run[^]*MaxSessions/)
  expect(await stdoutOf('echo', 'still here')).toBe('still here\n')
})

test('an abort closes the channel: a command that writes then ends, and the connection goes on', async () => {
  const controller = new AbortController()
  const file = `${sshd.folder}/ticks`
  const run = remote.run(script('while echo tick; do echo tick >> "$1"; sleep 0.1; done', file), {
    signal: controller.signal,
  })
  await sleep(400)
  controller.abort(new Error('enough'))
  await expect(run).rejects.toThrow('enough')
  await sleep(400)
  const count = await stdoutOf('wc', '-l', file)
  await sleep(400)
  expect(await stdoutOf('wc', '-l', file)).toBe(count)
})

test('a command costs no delayed acknowledgement: the link has TCP_NODELAY', async () => {
  const times: number[] = []
  for (let i = 0; i < 15; i++) {
    const start = performance.now()
    await remote.run(command('true'))
    times.push(performance.now() - start)
  }
  // With Nagle's algorithm each takes 45 ms on the loopback, however quiet the machine is.
  expect(Math.min(...times)).toBeLessThan(35)
})

test('a runner that is held up for longer than a link may be silent does not give the link up', async () => {
  const run = remote.run(script('sleep 15; echo done'))
  await sleep(500)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 14_000)
  expect(await run).toMatchObject({ kind: 'exited', stdout: 'done\n' })
})
