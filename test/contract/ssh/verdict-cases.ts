import { createHmac, randomBytes } from 'node:crypto'
import { type KeyType, KEY_TYPES } from '../../support/sshd/sshd.ts'

/** Host keys as known_hosts has them: those of the server, and some that it has not. */
export type Keys = Readonly<Record<KeyType | 'foreign' | 'foreignRsa', string>>

/** A server with keys of all types; with an RSA key alone; and with a certificate for its ed25519 key. */
export type Server = 'all' | 'rsa' | 'certified'

export interface Case {
  readonly what: string
  readonly text: (keys: Keys) => string
  /** How the server is called, by us and by OpenSSH. */
  readonly at?: readonly [name: string, port: number]
  readonly server?: Server
}

export const shop = 'shop.example.com'
export const at2222 = [shop, 2222] as const
const v6 = '2001:db8::1'

function hashed(name: string, version = '1', length = 20): string {
  const salt = randomBytes(length)
  return `|${version}|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}

export const accepted: readonly Case[] = [
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

export const refused: readonly Case[] = [
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

export const certified: Case = {
  what: 'by its certificate',
  text: ({ foreign }) => `@cert-authority * ${foreign}`,
  server: 'certified',
}

/** Lines that OpenSSH leaves out without a word. */
export const broken: readonly (readonly [what: string, line: (keys: Keys) => string])[] = [
  ['an unknown marker', ({ foreign }) => `@trusted * ${foreign}`],
  ['two markers', ({ foreign }) => `@revoked @revoked * ${foreign}`],
  ['a type that is not that of the key', ({ foreign }) => `* ssh-rsa ${foreign.split(' ')[1] ?? ''}`],
  ['a key that is cut', ({ foreign }) => `* ${foreign.slice(0, -3)}`],
  ['a key without a name', ({ foreign }) => foreign],
  ['a name alone', () => 'db.example.com'],
]
