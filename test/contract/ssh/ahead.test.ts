import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Command, command, script } from '../../../src/command/command.ts'
import { RemoteAhead } from '../../../src/host/ahead.ts'
import { connect } from '../../../src/host/ssh.ts'
import { startProxy } from '../../support/sshd/proxy.ts'
import { type Sshd, startSshd } from '../../support/sshd/sshd.ts'
import { until } from '../../support/until.ts'

const folder = mkdtempSync(join(tmpdir(), 'estiba-ahead-'))
let sshd: Sshd

beforeAll(async () => {
  sshd = await startSshd()
})
afterAll(async () => {
  await sshd[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

async function open(server = sshd, port = server.host.port): Promise<RemoteAhead> {
  const host = { ...server.host, port }
  return new RemoteAhead(
    await connect({ host, privateKey: server.privateKey, knownHosts: server.knownHosts(undefined, port) }),
  )
}

/** Notes that it began, and what it got; nothing when that is nothing. */
function taker(name: string): Command {
  const file = join(folder, name)
  return script('echo began >"$1.began"; read -r line || exit 0; echo "$line" >"$1"; cat; exit 3', file)
}

const stdin = 'first\nsecond\n'

test('takes its input when it comes, as if it had been run then', async () => {
  await using remote = await open()
  const lines: string[] = []
  remote.start(taker('taken'))
  await until(() => existsSync(join(folder, 'taken.began')), 'the start')
  expect(existsSync(join(folder, 'taken'))).toBe(false)
  const outcome = await remote.run({ ...taker('taken'), stdin }, { onStdoutLine: (line) => lines.push(line) })
  expect(outcome).toMatchObject({ kind: 'exited', code: 3 })
  expect(lines).toEqual(['second'])
  expect(readFileSync(join(folder, 'taken'), 'utf8')).toBe('first\n')
})

test('is taken once; other commands go beside it', async () => {
  await using remote = await open()
  remote.start(taker('once'))
  expect(await remote.run(command('echo', 'beside'))).toMatchObject({ stdout: 'beside\n' })
  await remote.run({ ...taker('once'), stdin: 'one\n' })
  await remote.run({ ...taker('once'), stdin: 'two\n' })
  expect(readFileSync(join(folder, 'once'), 'utf8')).toBe('two\n')
})

test('does nothing when nothing comes', async () => {
  const remote = await open()
  remote.start(taker('never'))
  await until(() => existsSync(join(folder, 'never.began')), 'the start')
  await remote[Symbol.asyncDispose]()
  await sleep(300)
  expect(existsSync(join(folder, 'never'))).toBe(false)
})

test('is run anew where it could not be started', async () => {
  await using narrow = await startSshd(['MaxSessions 1'])
  await using remote = await open(narrow)
  const first = remote.run(script('sleep 0.5'))
  remote.start(taker('narrow'))
  await first
  expect(await remote.run({ ...taker('narrow'), stdin })).toMatchObject({ kind: 'exited', code: 3 })
})

test('ends when the run that took it is cancelled', async () => {
  await using remote = await open()
  remote.start(script('cat; sleep 60'))
  const cancelled = new AbortController()
  const running = remote.run({ ...script('cat; sleep 60'), stdin }, { signal: cancelled.signal })
  cancelled.abort(new Error('enough'))
  await expect(running).rejects.toThrow('enough')
})

test('costs half a round trip and the answer, where a command with input costs three', async () => {
  await using proxy = await startProxy(sshd.host)
  await using remote = await open(sshd, proxy.port)
  proxy.delay(300)
  remote.start(taker('far'))
  await until(() => existsSync(join(folder, 'far.began')), 'the start')
  const seconds = async (): Promise<number> => {
    const from = performance.now()
    await remote.run({ ...taker('far'), stdin })
    return (performance.now() - from) / 1000
  }
  const [ahead, anew] = [await seconds(), await seconds()]
  expect(anew - ahead).toBeGreaterThan(0.75)
})
