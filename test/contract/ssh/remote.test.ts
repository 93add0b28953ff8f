import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Command, command, script } from '../../../src/command/command.ts'
import type { Remote } from '../../../src/host/remote.ts'
import { connect } from '../../../src/host/ssh.ts'
import { type Answer, FakeRemote } from '../../support/fake-remote.ts'
import { type Proxy, startProxy } from '../../support/sshd/proxy.ts'
import { type Sshd, startSshd } from '../../support/sshd/sshd.ts'

/** What every Remote must do. The fake is told the answers that the real one must get from a shell. */
interface Subject {
  readonly remote: Remote
  readonly expecting: (command: Command, answer: Answer) => void
}

let sshd: Sshd
let proxy: Proxy

beforeAll(async () => {
  sshd = await startSshd()
  proxy = await startProxy(sshd.host)
})

afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await sshd[Symbol.asyncDispose]()
})

const subjects: Readonly<Record<string, () => Promise<Subject>>> = {
  'an OpenSSH server': async () => {
    const host = { ...sshd.host, port: proxy.port }
    const knownHosts = sshd.knownHosts(['ed25519'], proxy.port)
    const remote = await connect({ host, privateKey: sshd.privateKey, knownHosts })
    return {
      remote,
      expecting: (_command, answer) => {
        if (answer.lost !== undefined)
          setTimeout(() => {
            proxy.cut()
          }, 1000)
      },
    }
  },
  'the fake': () => {
    const remote = new FakeRemote()
    return Promise.resolve({
      remote,
      expecting: ({ argv }, answer) => {
        remote.answer(new RegExp(argv.at(-1)?.replace(/[^\w ]/g, '.') ?? ''), answer)
      },
    })
  },
}

describe.each(Object.entries(subjects))('a remote over %s', (_name, create) => {
  async function run(given: Command, answer: Answer, options: Parameters<Remote['run']>[1] = {}) {
    const subject = await create()
    await using remote = subject.remote
    subject.expecting(given, answer)
    return await remote.run(given, options)
  }

  test('collects output and tells the exit code', async () => {
    expect(await run(script('echo out; echo err >&2; exit 3'), { stdout: 'out\n', stderr: 'err\n', code: 3 })).toEqual({
      kind: 'exited',
      code: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    })
  })

  test('streams by lines, the last one also without an end, and then collects nothing', async () => {
    const lines: string[] = []
    const onStdoutLine = (line: string): void => void lines.push(line)
    const outcome = await run(
      script('printf "one\\n\\nthree"; echo err >&2'),
      { stdout: 'one\n\nthree', stderr: 'err\n' },
      { onStdoutLine },
    )
    expect(lines).toEqual(['one', '', 'three'])
    expect(outcome).toEqual({ kind: 'exited', code: 0, stdout: '', stderr: 'err\n' })
  })

  test('a lost connection has no exit code, keeps what came before, and stays lost', async () => {
    const subject = await create()
    await using remote = subject.remote
    const given = script('echo before; sleep 20')
    subject.expecting(given, { stdout: 'before\n', lost: 'the server closed the connection' })
    expect(await remote.run(given)).toEqual({
      kind: 'lost',
      reason: 'the server closed the connection',
      stdout: 'before\n',
      stderr: '',
    })
    expect(await remote.run(command('true'))).toMatchObject({
      kind: 'lost',
      reason: 'the server closed the connection',
    })
  })

  test('an unfinished line of a lost connection is not handed out as a line', async () => {
    const lines: string[] = []
    const onStdoutLine = (line: string): void => void lines.push(line)
    await run(script('printf "whole\\nhal"; sleep 20'), { stdout: 'whole\nhal', lost: 'cut' }, { onStdoutLine })
    expect(lines).toEqual(['whole'])
  })

  test('an aborted signal ends the call with its reason', async () => {
    const reason = new Error('the job was cancelled')
    const controller = new AbortController()
    setTimeout(() => {
      controller.abort(reason)
    }, 100)
    await expect(run(script('sleep 20'), { hangs: true }, { signal: controller.signal })).rejects.toBe(reason)
    await expect(run(script('sleep 20'), { hangs: true }, { signal: controller.signal })).rejects.toBe(reason)
  })

  test('after it was disposed of, it says so', async () => {
    const { remote } = await create()
    await remote[Symbol.asyncDispose]()
    await remote[Symbol.asyncDispose]()
    expect(await remote.run(command('true'))).toEqual({
      kind: 'lost',
      reason: 'the connection was closed here',
      stdout: '',
      stderr: '',
    })
  })
})
