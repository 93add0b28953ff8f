import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { command } from '../../../src/command/command.ts'
import { StepError, UsageError } from '../../../src/errors.ts'
import type { Connection } from '../../../src/host/connection.ts'
import { connect } from '../../../src/host/ssh.ts'
import { startProxy } from '../../support/sshd/proxy.ts'
import { KEY_TYPES, type Sshd, freePort, makeKey, startSshd } from '../../support/sshd/sshd.ts'

let sshd: Sshd

beforeAll(async () => {
  sshd = await startSshd()
})
afterAll(async () => {
  await sshd[Symbol.asyncDispose]()
})

function connection(changes: Partial<Connection> = {}): Connection {
  return { host: sshd.host, privateKey: sshd.privateKey, knownHosts: sshd.knownHosts(), ...changes }
}

/** Connects and runs something; the test fails if that does. */
async function succeeds(changes: Partial<Connection>): Promise<void> {
  await using remote = await connect(connection(changes))
  expect(await remote.run(command('true'))).toMatchObject({ kind: 'exited', code: 0 })
}

async function failure(changes: Partial<Connection>, options?: { signal: AbortSignal }): Promise<Error> {
  const result = await connect(connection(changes), options).catch((error: unknown) => error)
  if (!(result instanceof Error)) throw new Error('expected a failure')
  return result
}

/** Names, ports and fingerprints differ from run to run. */
function stable(text: string): string {
  return text
    .replaceAll(sshd.host.user, 'USER')
    .replaceAll(String(sshd.host.port), 'PORT')
    .replace(/SHA256:[\w+/]{43}/g, 'SHA256:...')
    .replace(/AAAA[\w+/=]+/g, 'AAAA...')
}

describe('the host key', () => {
  test.each(KEY_TYPES)('%s alone is asked for when it alone is pinned', async (type) => {
    await succeeds({ knownHosts: sshd.knownHosts([type]) })
  })

  test('may be listed under a hashed name, as ssh-keygen -H writes it', async () => {
    const file = join(sshd.folder, 'hashed')
    await writeFile(file, sshd.knownHosts())
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' })
    const knownHosts = await readFile(file, 'utf8')
    expect(knownHosts).toMatch(/^\|1\|/)
    await succeeds({ knownHosts })
  })

  test('that is not the pinned one ends the connection before anything was sent', async () => {
    await using other = await startSshd()
    await using proxy = await startProxy(other.host)
    const host = { ...sshd.host, port: proxy.port }
    const error = await failure({ host, knownHosts: sshd.knownHosts(['ed25519'], proxy.port) })
    expect(error).toBeInstanceOf(StepError)
    expect(stable(error.message).replaceAll(String(proxy.port), 'PORT')).toMatchInlineSnapshot(`
      "check the host key on USER@127.0.0.1:PORT: the server shows another key than known-hosts pins; either it was reinstalled, or this is not the server
          pinned: SHA256:... (ssh-ed25519)
          shown:  SHA256:... (ssh-ed25519)
      State: nothing was sent to the host, neither login nor command
      Next: on the server itself run \`for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done\`. Only if that prints the shown fingerprint, pin the key in the input known-hosts with this line:
          [127.0.0.1]:PORT ssh-ed25519 AAAA..."
    `)
    const shown = fingerprintOf(join(other.folder, 'host_ed25519.pub'))
    const pinned = fingerprintOf(join(sshd.folder, 'host_ed25519.pub'))
    expect(error.message).toContain(`shown:  ${shown}`)
    expect(error.message).toContain(`pinned: ${pinned}`)
    expect(error.message).toContain(other.knownHosts(['ed25519'], proxy.port).trim())
    expect(other.log()).not.toContain('userauth')
    expect(other.log()).not.toContain(sshd.host.user)
  })

  test('of a type that the server has not is a failure that says so', async () => {
    await using plain = await startSshd(['HostKeyAlgorithms ssh-ed25519'])
    const error = await failure({ host: plain.host, knownHosts: plain.knownHosts(['ecdsa']) })
    expect(error).toBeInstanceOf(StepError)
    expect(error.message).toContain('known-hosts pins ecdsa-sha2-nistp256 for this host, and only that is accepted')
  })

  test('must be pinned', async () => {
    const error = await failure({ knownHosts: sshd.knownHosts(['rsa'], 1) })
    expect(error).toBeInstanceOf(UsageError)
    expect(error.message).toMatch(/^known-hosts: has no line for 127\.0\.0\.1 port \d+\./)
  })
})

function fingerprintOf(file: string): string {
  return execFileSync('ssh-keygen', ['-lf', file], { encoding: 'utf8' }).split(' ')[1] ?? ''
}

describe('the login', () => {
  const keys: Readonly<Record<string, readonly [options: readonly string[], passphrase?: string]>> = {
    'OpenSSH ed25519': [['-t', 'ed25519']],
    'OpenSSH ed25519 with a passphrase': [['-t', 'ed25519'], 'open sesame'],
    'OpenSSH ecdsa': [['-t', 'ecdsa', '-b', '384']],
    'OpenSSH ecdsa with a passphrase': [['-t', 'ecdsa'], 'öffne dich'],
    'OpenSSH rsa': [['-t', 'rsa']],
    'OpenSSH rsa with a passphrase': [['-t', 'rsa'], 'open sesame'],
    'PEM rsa': [['-t', 'rsa', '-m', 'PEM']],
    'PEM rsa with a passphrase': [['-t', 'rsa', '-m', 'PEM'], 'open sesame'],
    'PEM ecdsa': [['-t', 'ecdsa', '-m', 'PEM']],
    'PKCS#8 rsa with a passphrase': [['-t', 'rsa', '-m', 'PKCS8'], 'open sesame'],
  }

  test.each(Object.entries(keys))('takes a key in the format %s', async (name, [options, passphrase]) => {
    const file = join(sshd.folder, name.replace(/\W/g, '-'))
    const privateKey = await makeKey(file, options, passphrase)
    await sshd.authorize(await readFile(`${file}.pub`, 'utf8'))
    await succeeds({ privateKey, ...(passphrase === undefined ? {} : { passphrase }) })
    // As it comes out of a form in a browser.
    const pasted = privateKey.trim().replaceAll('\n', '\r\n')
    await succeeds({ privateKey: pasted, ...(passphrase === undefined ? {} : { passphrase }) })
  })

  test('with a key that the server does not know names the key and where it belongs', async () => {
    const privateKey = await makeKey(join(sshd.folder, 'stranger'), ['-t', 'ed25519'])
    const error = await failure({ privateKey })
    expect(error).toBeInstanceOf(StepError)
    expect(stable(error.message)).toMatchInlineSnapshot(`
      "log in on USER@127.0.0.1:PORT: the server does not accept the key SHA256:... for USER
      State: nothing was run on the host
      Next: add the key's public half to ~USER/.ssh/authorized_keys there, and see that USER may log in and owns that file"
    `)
    expect(error.message).toContain(fingerprintOf(join(sshd.folder, 'stranger.pub')))
  })

  test('at a server that takes no keys says so', async () => {
    await using closed = await startSshd(['PubkeyAuthentication no', 'PasswordAuthentication yes'])
    const error = await failure({ host: closed.host, knownHosts: closed.knownHosts() })
    expect(error.message).toContain('the server does not accept keys, but password')
  })

  test('tries the key and nothing else', async () => {
    await using fresh = await startSshd()
    await using remote = await connect({
      host: fresh.host,
      privateKey: fresh.privateKey,
      knownHosts: fresh.knownHosts(),
    })
    expect(remote.host).toEqual(fresh.host)
    expect(fresh.log()).not.toContain('Failed')
  })
})

describe('the way there', () => {
  test('a port where nothing listens', async () => {
    const port = await freePort()
    const error = await failure({ host: { ...sshd.host, port }, knownHosts: sshd.knownHosts(undefined, port) })
    expect(error).toBeInstanceOf(StepError)
    expect(stable(error.message).replaceAll(String(port), 'PORT')).toMatchInlineSnapshot(`
      "connect on USER@127.0.0.1:PORT: nothing listens on that port (connect ECONNREFUSED 127.0.0.1:PORT)
      State: nothing was run on the host
      Next: see that sshd runs there, and the port in the input host"
    `)
  })

  test('a name that does not exist', async () => {
    const host = { ...sshd.host, name: 'no-such-host.invalid', port: 22 }
    const knownHosts = `no-such-host.invalid ${sshd.knownHosts(['ed25519']).split(' ').slice(1).join(' ')}`
    const error = await failure({ host, knownHosts })
    expect(error).toBeInstanceOf(StepError)
    expect(error.message).toContain('connect on')
    expect(error.message).toContain('the name can not be resolved')
  })

  test('a server that is not an SSH server', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const error = await failure({ host: { ...sshd.host, port }, knownHosts: sshd.knownHosts(undefined, port) })
    server.close()
    expect(error).toBeInstanceOf(StepError)
    expect(error.message).toContain('see that the port in the input host is that of sshd')
  })

  test('a server that says nothing', async () => {
    await using proxy = await startProxy(sshd.host)
    proxy.blackHole()
    const start = performance.now()
    const error = await failure({
      host: { ...sshd.host, port: proxy.port },
      knownHosts: sshd.knownHosts(undefined, proxy.port),
    })
    expect(error).toBeInstanceOf(StepError)
    expect(error.message).toContain('Timed out')
    expect(performance.now() - start).toBeLessThan(22_000)
  })

  test('a cancelled job', async () => {
    await using proxy = await startProxy(sshd.host)
    proxy.blackHole()
    const reason = new Error('the job was cancelled')
    const controller = new AbortController()
    setTimeout(() => {
      controller.abort(reason)
    }, 200)
    const changes = { host: { ...sshd.host, port: proxy.port }, knownHosts: sshd.knownHosts(undefined, proxy.port) }
    const { signal } = controller
    expect(await failure(changes, { signal })).toBe(reason)
    expect(await failure(changes, { signal })).toBe(reason)
  })

  test('a link of 200 ms each way costs eight round trips at most, and a command two', async () => {
    await using proxy = await startProxy(sshd.host)
    proxy.delay(200)
    const start = performance.now()
    await using remote = await connect(
      connection({ host: { ...sshd.host, port: proxy.port }, knownHosts: sshd.knownHosts(['ed25519'], proxy.port) }),
    )
    const connected = performance.now()
    await remote.run(command('true'))
    const done = performance.now()
    expect(connected - start).toBeLessThan(3200)
    expect(done - connected).toBeLessThan(1200)
    expect(proxy.links()).toBe(1)
  })
})
