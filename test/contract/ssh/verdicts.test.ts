import { execFile } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { StepError, UsageError } from '../../../src/errors.ts'
import { dial } from '../../../src/host/carrier.ts'
import { connect } from '../../../src/host/ssh.ts'
import { type KeyType, KEY_TYPES, makeKey, type Sshd, startSshd } from '../../support/sshd/sshd.ts'

type Verdict = 'accepted' | 'refused'

/** Host keys as known_hosts has them: those of the server, and some that it has not. */
type Keys = Readonly<Record<KeyType | 'foreign' | 'foreignRsa', string>>

/** A server with keys of all types; with an RSA key alone; and with a certificate for its ed25519 key. */
type Server = 'all' | 'rsa' | 'certified'

interface Case {
  readonly what: string
  readonly text: (keys: Keys) => string
  /** How the server is called, by us and by OpenSSH. */
  readonly at?: readonly [name: string, port: number]
  readonly server?: Server
}

const shop = 'shop.example.com'
const at2222 = [shop, 2222] as const
const v6 = '2001:db8::1'

function hashed(name: string, version = '1', length = 20): string {
  const salt = randomBytes(length)
  return `|${version}|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}

const accepted: readonly Case[] = [
  ...KEY_TYPES.map((type): Case => ({ what: `a key of type ${type} alone`, text: (keys) => `${shop} ${keys[type]}` })),
  { what: 'an RSA key, on a server with no other', text: ({ rsa }) => `${shop} ${rsa}`, server: 'rsa' },
  { what: 'keys of all types', text: (keys) => KEY_TYPES.map((type) => `${shop} ${keys[type]}\n`).join('') },
  { what: 'a comment after the key', text: ({ ed25519 }) => `${shop} ${ed25519} root@shop made 2026` },
  { what: 'comments and blank lines', text: ({ ed25519 }) => `# a\n\n  # b\n${shop} ${ed25519}\n\n` },
  { what: 'CRLF', text: ({ ed25519, ecdsa }) => `# a\r\nother ${ecdsa}\r\n${shop} ${ed25519}\r\n` },
  { what: 'blanks and tabs', text: ({ ed25519 }) => ` \t${shop} \t ${ed25519.replace(' ', '\t\t')} \t x` },
  { what: 'no line end', text: ({ ecdsa384 }) => `${shop} ${ecdsa384}` },
  { what: 'a list of names', text: ({ ed25519 }) => `a,b,${shop},c ${ed25519}` },
  { what: 'other case in the file', text: ({ ed25519 }) => `SHOP.Example.com ${ed25519}` },
  { what: 'other case in the input', text: ({ ed25519 }) => `${shop} ${ed25519}`, at: ['Shop.EXAMPLE.com', 22] },
  { what: 'a hashed name', text: ({ ed25519 }) => `${hashed(shop)} ${ed25519}` },
  { what: 'a hashed name with a port', text: ({ ed25519 }) => `${hashed(`[${shop}]:2222`)} ${ed25519}`, at: at2222 },
  { what: 'a port', text: ({ ed25519 }) => `[${shop}]:2222 ${ed25519}`, at: at2222 },
  { what: 'no port, where no line has it', text: ({ ed25519 }) => `${shop} ${ed25519}`, at: at2222 },
  { what: 'no port, hashed', text: ({ ed25519 }) => `${hashed(shop)} ${ed25519}`, at: at2222 },
  {
    what: 'a port, beside another key without',
    text: (k) => `${shop} ${k.foreign}\n[${shop}]:2222 ${k.ed25519}`,
    at: at2222,
  },
  { what: 'IPv6', text: ({ ed25519 }) => `${v6} ${ed25519}`, at: [v6, 22] },
  { what: 'IPv6 with a port', text: ({ ed25519 }) => `[${v6}]:2222 ${ed25519}`, at: [v6, 2222] },
  { what: 'an IPv4 address', text: ({ ed25519 }) => `10.0.0.1 ${ed25519}`, at: ['10.0.0.1', 22] },
  { what: 'the wildcard *', text: ({ ed25519 }) => `* ${ed25519}` },
  { what: 'a wildcard for a domain', text: ({ ed25519 }) => `*.example.com ${ed25519}` },
  { what: 'the wildcard ?', text: ({ ed25519 }) => `sh?p.exampl?.com ${ed25519}` },
  { what: 'a wildcard that stands for nothing', text: ({ ed25519 }) => `shop*.example.com ${ed25519}` },
  { what: 'wildcards for name and port', text: ({ ed25519 }) => `[*.example.com]:2* ${ed25519}`, at: at2222 },
  { what: 'negation of another name', text: ({ ed25519 }) => `*.example.com,!db.example.com ${ed25519}` },
  { what: 'negation on another line', text: ({ ed25519, foreign }) => `*,!${shop} ${foreign}\n${shop} ${ed25519}` },
  {
    what: 'two keys of a type, the right one last',
    text: ({ ed25519, foreign }) => `${shop} ${foreign}\n${shop} ${ed25519}`,
  },
  {
    what: 'a wrong key of a type that is asked for later',
    text: (k) => `${shop} ${k.foreignRsa}\n${shop} ${k.ed25519}`,
  },
  {
    what: 'a revoked key of another host',
    text: ({ ed25519 }) => `@revoked db.example.com ${ed25519}\n${shop} ${ed25519}`,
  },
  { what: 'another revoked key', text: ({ ed25519, foreign }) => `@revoked * ${foreign}\n${shop} ${ed25519}` },
  { what: 'a revoked key that is not pinned', text: ({ ed25519, rsa }) => `@revoked * ${ed25519}\n${shop} ${rsa}` },
  {
    what: 'a revoked key that would be asked for first',
    text: (k) => `@revoked * ${k.ed25519}\n${shop} ${k.ed25519}\n${shop} ${k.rsa}`,
  },
  {
    what: 'a certificate authority beside the key',
    text: (k) => `@cert-authority * ${k.foreign}\n${shop} ${k.ed25519}`,
  },
  {
    what: 'the key of a server that has a certificate',
    text: ({ ed25519 }) => `${shop} ${ed25519}`,
    server: 'certified',
  },
]

const refused: readonly Case[] = [
  { what: 'nothing', text: () => '' },
  { what: 'comments only', text: ({ ed25519 }) => `# ${shop} ${ed25519}` },
  { what: 'another host', text: ({ ed25519 }) => `db.example.com ${ed25519}` },
  { what: 'a name that begins like it', text: ({ ed25519 }) => `${shop}.evil.net ${ed25519}` },
  { what: 'a name that ends like it', text: ({ ed25519 }) => `the${shop} ${ed25519}` },
  { what: 'another port', text: ({ ed25519 }) => `[${shop}]:2223 ${ed25519}`, at: at2222 },
  { what: 'a port, where the host has the usual one', text: ({ ed25519 }) => `[${shop}]:2222 ${ed25519}` },
  { what: 'the usual port written out', text: ({ ed25519 }) => `[${shop}]:22 ${ed25519}` },
  { what: 'a port without brackets', text: ({ ed25519 }) => `${shop}:2222 ${ed25519}`, at: at2222 },
  { what: 'another key for the port', text: (k) => `${shop} ${k.ed25519}\n[${shop}]:2222 ${k.foreign}`, at: at2222 },
  { what: 'another key', text: ({ foreign }) => `${shop} ${foreign}` },
  { what: 'another key of the type that is asked for first', text: (k) => `${shop} ${k.foreign}\n${shop} ${k.rsa}` },
  { what: 'a key of a type that the server has not', text: (k) => `${shop} ${k.ed25519}`, server: 'rsa' },
  { what: 'a hash of another name', text: ({ ed25519 }) => `${hashed('db.example.com')} ${ed25519}` },
  { what: 'a hash of an unknown kind', text: ({ ed25519 }) => `${hashed(shop, '2')} ${ed25519}` },
  { what: 'a hash with a short salt', text: ({ ed25519 }) => `${hashed(shop, '1', 8)} ${ed25519}` },
  { what: 'a hash in a list', text: ({ ed25519 }) => `${hashed(shop)},x ${ed25519}` },
  { what: 'a hash of the name in other case', text: ({ ed25519 }) => `${hashed('SHOP.example.com')} ${ed25519}` },
  { what: 'a negation', text: ({ ed25519 }) => `!${shop} ${ed25519}` },
  { what: 'a negation after a match', text: ({ ed25519 }) => `${shop},!shop.* ${ed25519}` },
  { what: 'a negation before a match', text: ({ ed25519 }) => `!*.example.com,${shop} ${ed25519}` },
  { what: 'a wildcard that wants one more', text: ({ ed25519 }) => `${shop}? ${ed25519}` },
  { what: 'brackets as a set', text: ({ ed25519 }) => `sho[p].example.com ${ed25519}` },
  {
    what: 'a dot as any character',
    text: ({ ed25519 }) => `shop.example.com ${ed25519}`,
    at: ['shop-example.com', 22],
  },
  { what: 'the revoked key', text: ({ ed25519 }) => `${shop} ${ed25519}\n@revoked * ${ed25519}` },
  { what: 'the revoked key, by its hashed name', text: (k) => `@revoked ${hashed(shop)} ${k.rsa}\n${shop} ${k.rsa}` },
  {
    what: 'a key revoked for the port',
    text: (k) => `@revoked [${shop}]:2222 ${k.ed25519}\n${shop} ${k.ed25519}`,
    at: at2222,
  },
  { what: 'revoked keys only', text: ({ ed25519 }) => `@revoked ${shop} ${ed25519}` },
  { what: 'a certificate authority, without a certificate', text: ({ ed25519 }) => `@cert-authority * ${ed25519}` },
]

const certified: Case = {
  what: 'by its certificate',
  text: ({ foreign }) => `@cert-authority * ${foreign}`,
  server: 'certified',
}

/** Lines that OpenSSH leaves out without a word. */
const broken: readonly (readonly [what: string, line: (keys: Keys) => string])[] = [
  ['an unknown marker', ({ foreign }) => `@trusted * ${foreign}`],
  ['two markers', ({ foreign }) => `@revoked @revoked * ${foreign}`],
  ['a type that is not that of the key', ({ foreign }) => `* ssh-rsa ${foreign.split(' ')[1] ?? ''}`],
  ['a key that is cut', ({ foreign }) => `* ${foreign.slice(0, -3)}`],
  ['a key without a name', ({ foreign }) => foreign],
  ['a name alone', () => 'db.example.com'],
]

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
