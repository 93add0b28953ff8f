import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { command, script } from '../../../src/command/command.ts'
import { StepError, UsageError } from '../../../src/errors.ts'
import type { Connection } from '../../../src/host/connection.ts'
import { connect } from '../../../src/host/ssh.ts'
import { startProxy } from '../../support/sshd/proxy.ts'
import { freePort, type Sshd, startSshd } from '../../support/sshd/sshd.ts'
import { until } from '../../support/until.ts'

let jump: Sshd
let target: Sshd

beforeAll(async () => {
  ;[jump, target] = await Promise.all([startSshd(), startSshd()])
  await target.authorize(await readFile(join(jump.folder, 'user.pub'), 'utf8'))
})
afterAll(async () => {
  await Promise.all([jump[Symbol.asyncDispose](), target[Symbol.asyncDispose]()])
})

function connection(changes: Partial<Connection> = {}): Connection {
  return {
    host: target.host,
    jump: jump.host,
    privateKey: jump.privateKey,
    knownHosts: jump.knownHosts() + target.knownHosts(['ed25519']),
    ...changes,
  }
}

async function failure(changes: Partial<Connection>, options?: { signal: AbortSignal }): Promise<Error> {
  const result = await connect(connection(changes), options).catch((error: unknown) => error)
  if (!(result instanceof Error)) throw new Error('expected a failure')
  return result
}

function port(text: string, { host }: Sshd, name: string): string {
  return text.replaceAll(String(host.port), name).replaceAll(host.user, 'USER')
}

const explained = (error: Error): string => port(port(error.message, jump, 'JUMP'), target, 'TARGET')

test('commands run on the host behind it, whatever they read and print', async () => {
  const content = Buffer.alloc(5_000_000, 'estiba ')
  await using remote = await connect(connection())
  expect(remote.host).toEqual(target.host)
  expect(await remote.run(script('echo $SSH_CONNECTION'))).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(` ${target.host.port}\n`) as string,
  })
  const sum = await remote.run({ ...command('sha256sum'), stdin: content })
  expect(sum).toMatchObject({ code: 0, stdout: `${createHash('sha256').update(content).digest('hex')}  -\n` })
  const whole = await remote.run(script('head -c 3000000 /dev/zero | tr "\\0" x'))
  expect(whole).toMatchObject({ code: 0, stdout: 'x'.repeat(3_000_000) })
  // The jump host has seen the login and no command.
  expect(jump.log()).toContain('Accepted publickey')
  expect(jump.log()).not.toContain('Starting session')
})

test('the key may be good for nothing else on the jump host', async () => {
  await using own = await startSshd()
  const open = `permitopen="127.0.0.1:${target.host.port}"`
  const key = await readFile(join(jump.folder, 'user.pub'), 'utf8')
  await own.authorize(`restrict,port-forwarding,${open},command="/usr/sbin/nologin" ${key}`)
  const known = own.knownHosts() + target.knownHosts()
  await using remote = await connect(connection({ jump: own.host, knownHosts: known }))
  expect(await remote.run(command('true'))).toMatchObject({ code: 0 })
  const elsewhere = { jump: own.host, host: jump.host, knownHosts: known + jump.knownHosts() }
  expect((await failure(elsewhere)).message).toContain('opened no way to it')
})

test('both connections end with it', async () => {
  await using own = await startSshd()
  await own.authorize(await readFile(join(jump.folder, 'user.pub'), 'utf8'))
  const remote = await connect(connection({ jump: own.host, knownHosts: own.knownHosts() + target.knownHosts() }))
  await remote.run(command('true'))
  await remote[Symbol.asyncDispose]()
  await until(() => /Received disconnect|Disconnected from/.test(own.log()), 'a goodbye')
  expect(await remote.run(command('true'))).toMatchObject({ kind: 'lost', reason: 'the connection was closed here' })
})

describe('nothing is sent', () => {
  test('to either, when one of them is not pinned', async () => {
    const before = [jump.log(), target.log()]
    for (const known of [jump, target]) {
      const error = await failure({ knownHosts: known.knownHosts() })
      expect(error).toBeInstanceOf(UsageError)
      expect(error.message).toMatch(/^known-hosts: has no line for 127\.0\.0\.1 port/)
    }
    expect([jump.log(), target.log()]).toEqual(before)
  })

  test('to a jump host with another key, and the host behind it hears nothing', async () => {
    await using other = await startSshd()
    const before = target.log()
    const knownHosts = jump.knownHosts(['ed25519'], other.host.port) + target.knownHosts()
    const error = await failure({ jump: other.host, knownHosts })
    expect(error).toBeInstanceOf(StepError)
    expect(error.message).toMatch(
      new RegExp(`^check the host key on .*:${other.host.port}: the server shows another key`),
    )
    expect(other.log()).not.toContain('userauth')
    expect(target.log()).toBe(before)
  })

  test('to a host with another key behind it', async () => {
    await using other = await startSshd()
    const knownHosts = jump.knownHosts() + target.knownHosts(['ed25519'], other.host.port)
    const error = await failure({ host: other.host, knownHosts })
    expect(error).toBeInstanceOf(StepError)
    expect(error.message).toMatch(
      new RegExp(`^check the host key on .*:${other.host.port}: the server shows another key`),
    )
    expect(other.log()).not.toContain('userauth')
  })
})

describe('a failure says where it was', () => {
  test('a jump host that forwards nothing', async () => {
    await using closed = await startSshd(['AllowTcpForwarding no'])
    await closed.authorize(await readFile(join(jump.folder, 'user.pub'), 'utf8'))
    const error = await failure({ jump: closed.host, knownHosts: closed.knownHosts() + target.knownHosts() })
    expect(error).toBeInstanceOf(StepError)
    expect(port(port(error.message, closed, 'JUMP'), target, 'TARGET')).toMatchInlineSnapshot(`
      "connect on USER@127.0.0.1:TARGET: the jump host USER@127.0.0.1:JUMP opened no way to it ((SSH) Channel open failure: open failed)
      State: nothing was run on the host
      Next: see that the jump host reaches that name and port, and that its sshd lets this user forward: AllowTcpForwarding and PermitOpen, and port-forwarding after restrict in authorized_keys"
    `)
  })

  test('a port where nothing listens, behind the jump host', async () => {
    const nowhere = { ...target.host, port: await freePort() }
    const error = await failure({
      host: nowhere,
      knownHosts: jump.knownHosts() + target.knownHosts(['rsa'], nowhere.port),
    })
    expect(explained(error)).toContain('the jump host USER@127.0.0.1:JUMP opened no way to it')
    expect(error.message).toContain('Connection refused')
  })

  test('a jump host that is not there', async () => {
    const nowhere = { ...jump.host, port: await freePort() }
    const error = await failure({
      jump: nowhere,
      knownHosts: jump.knownHosts(['rsa'], nowhere.port) + target.knownHosts(),
    })
    expect(error.message).toContain(
      `connect on ${nowhere.user}@127.0.0.1:${nowhere.port}: nothing listens on that port`,
    )
    expect(error.message).toContain('the port in the input jump-host')
  })

  test('a host behind it that does not know the key', async () => {
    await using strict = await startSshd()
    const error = await failure({ host: strict.host, knownHosts: jump.knownHosts() + strict.knownHosts() })
    expect(error.message).toMatch(new RegExp(`^log in on .*:${strict.host.port}: the server does not accept the key`))
  })
})

test('a silent link to the jump host is a lost connection', async () => {
  await using proxy = await startProxy(jump.host)
  const remote = await connect(
    connection({
      jump: { ...jump.host, port: proxy.port },
      knownHosts: jump.knownHosts(['ed25519'], proxy.port) + target.knownHosts(),
    }),
  )
  const running = remote.run(command('sleep', '60'))
  await sleep(300)
  proxy.blackHole()
  expect(await running).toMatchObject({ kind: 'lost', reason: 'no sign of life from the server for 13 s' })
  await remote[Symbol.asyncDispose]()
})

test('a cancelled job does not wait for it', async () => {
  await using proxy = await startProxy(jump.host)
  proxy.blackHole()
  const reason = new Error('the job was cancelled')
  const changes = {
    jump: { ...jump.host, port: proxy.port },
    knownHosts: jump.knownHosts(['ed25519'], proxy.port) + target.knownHosts(),
  }
  expect(await failure(changes, { signal: AbortSignal.any([abortedAfter(200, reason)]) })).toBe(reason)
})

function abortedAfter(milliseconds: number, reason: Error): AbortSignal {
  const controller = new AbortController()
  setTimeout(() => {
    controller.abort(reason)
  }, milliseconds)
  return controller.signal
}
