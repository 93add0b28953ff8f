import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { StepError, UsageError } from '../../../src/errors.ts'
import { dial } from '../../../src/host/carrier.ts'
import { connect } from '../../../src/host/ssh.ts'
import { type KeyType, KEY_TYPES, makeKey, type Sshd, startSshd } from '../../support/sshd/sshd.ts'
import {
  accepted,
  at2222,
  broken,
  type Case,
  certified,
  type Keys,
  refused,
  type Server,
  shop,
} from './verdict-cases.ts'

type Verdict = 'accepted' | 'refused'

/** Whatever the server is called, it is there. */
const proxy = `const socket = require('node:net').connect(Number(process.argv[2]), '127.0.0.1')
process.stdin.pipe(socket).pipe(process.stdout)
socket.on('close', () => process.exit())\n`

let servers: Readonly<Record<Server, Sshd>>
let keys: Keys
let files = 0

beforeAll(async () => {
  const [all, rsa] = await Promise.all([startSshd(), startSshd(['HostKeyAlgorithms rsa-sha2-512,rsa-sha2-256'])])
  await writeFile(join(all.folder, 'proxy.cjs'), proxy)
  const publicKey = async (name: string, options: readonly string[]): Promise<string> => {
    await makeKey(join(all.folder, name), options)
    return (await readFile(join(all.folder, `${name}.pub`), 'utf8')).split(' ').slice(0, 2).join(' ')
  }
  const own = Object.fromEntries(KEY_TYPES.map((type) => [type, all.publicKey(type)])) as Record<KeyType, string>
  keys = {
    ...own,
    foreign: await publicKey('foreign', ['-t', 'ed25519']),
    foreignRsa: await publicKey('foreign-rsa', ['-t', 'rsa']),
  }
  servers = { all, rsa, certified: await certify(all) }
})
afterAll(async () => {
  await Promise.all(Object.values(servers).map((server) => server[Symbol.asyncDispose]()))
})

/** A server whose ed25519 key is that of another one, and certified by the foreign key. */
async function certify(all: Sshd): Promise<Sshd> {
  const [ca, key] = [join(all.folder, 'foreign'), join(all.folder, 'host_ed25519.pub')]
  await promisify(execFile)('ssh-keygen', ['-q', '-s', ca, '-I', 'shop', '-h', '-n', shop, key])
  return startSshd([
    `HostKey ${join(all.folder, 'host_ed25519')}`,
    `HostCertificate ${join(all.folder, 'host_ed25519-cert.pub')}`,
  ])
}

function keysOf(server: Server): Keys {
  return server === 'rsa' ? { ...keys, rsa: servers.rsa.publicKey('rsa') } : keys
}

async function byOpenSsh({ text, at: [name, port] = [shop, 22], server = 'all' }: Case): Promise<Verdict> {
  const sshd = servers[server]
  const file = join(servers.all.folder, `known_hosts-${files++}`)
  await writeFile(file, text(keysOf(server)))
  const options = {
    ...{
      UserKnownHostsFile: file,
      GlobalKnownHostsFile: '/dev/null',
      StrictHostKeyChecking: 'yes',
      UpdateHostKeys: 'no',
    },
    ...{ BatchMode: 'yes', IdentitiesOnly: 'yes', IdentityFile: join(sshd.folder, 'user'), IdentityAgent: 'none' },
    ProxyCommand: `${process.execPath} ${join(servers.all.folder, 'proxy.cjs')} ${sshd.host.port}`,
  }
  const args = Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`])
  try {
    await promisify(execFile)('ssh', ['-F', 'none', ...args, '-l', sshd.host.user, '-p', String(port), name, 'true'])
    return 'accepted'
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string }
    if (/Host key verification failed|no matching host key type/.test(stderr)) return 'refused'
    throw error
  }
}

async function byUs({
  text,
  at: [name, port] = [shop, 22],
  server = 'all',
}: Case): Promise<{ verdict: Verdict; why: string }> {
  const sshd = servers[server]
  const connection = {
    host: { user: sshd.host.user, name, port },
    privateKey: sshd.privateKey,
    knownHosts: text(keysOf(server)),
  }
  try {
    await using remote = await connect(connection, { open: () => dial(sshd.host) })
    return { verdict: 'accepted', why: remote.host.name }
  } catch (error) {
    if (error instanceof UsageError && error.message.startsWith('known-hosts: '))
      return { verdict: 'refused', why: error.message }
    if (error instanceof StepError && /^check the host key|no common algorithms/.test(error.message))
      return { verdict: 'refused', why: error.message }
    throw error
  }
}

describe.concurrent('we judge as OpenSSH does', () => {
  test('of more than forty cases', ({ expect }) => {
    expect(accepted.length + refused.length).toBeGreaterThan(40)
  })

  test.each(accepted)('accepted: $what', async (each) => {
    const [theirs, { verdict, why }] = await Promise.all([byOpenSsh(each), byUs(each)])
    expect({ theirs, verdict, why: verdict === 'accepted' ? '' : why }).toEqual({
      theirs: 'accepted',
      verdict: 'accepted',
      why: '',
    })
  })

  test.each(refused)('refused: $what', async (each) => {
    const [theirs, { verdict }] = await Promise.all([byOpenSsh(each), byUs(each)])
    expect({ theirs, verdict }).toEqual({ theirs: 'refused', verdict: 'refused' })
  })
})

describe.concurrent('we refuse more, and say so:', () => {
  test('a server that is known by its certificate alone', async () => {
    expect(await byOpenSsh(certified)).toBe('accepted')
    const { verdict, why } = await byUs(certified)
    expect(verdict).toBe('refused')
    expect(why).toContain("host certificates can't be checked here: pin the host's own key")
  })

  test.each(broken)('a file with %s in it', async (what, line) => {
    const each: Case = { what, text: (known) => `${shop} ${known.ed25519}\n${line(known)}\n` }
    expect(await byOpenSsh(each)).toBe('accepted')
    const { verdict, why } = await byUs(each)
    expect(verdict).toBe('refused')
    expect(why).toMatch(/^known-hosts: line 2: /)
  })
})

test('we accept one thing more: a line without the port makes us ask for keys of its type', async () => {
  const each: Case = { what: 'RSA, without the port', text: ({ rsa }) => `${shop} ${rsa}`, at: at2222 }
  expect(await byOpenSsh(each)).toBe('refused')
  expect((await byUs(each)).verdict).toBe('accepted')
})
