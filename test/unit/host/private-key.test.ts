import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { utils } from 'ssh2'
import { describe, expect, test } from 'vitest'
import { parsePrivateKey } from '../../../src/host/private-key.ts'

const plain = utils.generateKeyPairSync('ed25519').private
const locked = utils.generateKeyPairSync('ed25519', {
  passphrase: 'open sesame',
  cipher: 'aes256-cbc',
  rounds: 1,
}).private
const publicKey = utils.generateKeyPairSync('ed25519').public

function pem(type: 'pkcs1' | 'pkcs8', passphrase?: string): string {
  const cipher = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }
  const options = { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' } } as const
  return generateKeyPairSync('rsa', { ...options, privateKeyEncoding: { type, format: 'pem', ...cipher } }).privateKey
}

function type(text: string, passphrase?: string): string {
  const key = parsePrivateKey(text, passphrase)
  return typeof key === 'string' ? key : key.type
}

describe('a key', () => {
  test.each<[string, string, string, string?]>([
    ['as the file is', plain, 'ssh-ed25519'],
    ['without its last newline', plain.trim(), 'ssh-ed25519'],
    ['with CRLF', plain.replaceAll('\n', '\r\n'), 'ssh-ed25519'],
    ['with blank lines around it', `\n\n${plain}\n\n`, 'ssh-ed25519'],
    ['with a passphrase that it does not need', plain, 'ssh-ed25519', 'superfluous'],
    ['with its passphrase', locked, 'ssh-ed25519', 'open sesame'],
    ['in PEM format', pem('pkcs1'), 'ssh-rsa'],
    ['in PEM format, locked', pem('pkcs1', 'secret'), 'ssh-rsa', 'secret'],
    ['in PKCS#8 format', pem('pkcs8'), 'ssh-rsa'],
    ['in PKCS#8 format, locked', pem('pkcs8', 'secret'), 'ssh-rsa', 'secret'],
  ])('%s', (_what, text, expected, passphrase) => {
    expect(type(text, passphrase)).toBe(expected)
  })
})

describe('a mistake is named', () => {
  const noPassphrase = 'is encrypted and ssh-key-passphrase is not set; set it, or use a key of its own for deploys'
  const wrongPassphrase = 'is encrypted and ssh-key-passphrase does not open it; see that the two belong together'
  const isPublic = 'is a public key; paste the private one, the file without .pub'
  const noBreaks = 'has lost its line breaks or its last line; paste the file as it is, over several lines'
  const damaged = 'is damaged; see that `ssh-keygen -y -f key` reads the file, and paste it again'
  const noKey = 'is not a private key; paste the whole file, which begins with -----BEGIN OPENSSH PRIVATE KEY-----'
  const putty = 'is a PuTTY key; convert it with `puttygen key.ppk -O private-openssh -o key` and paste the new file'
  const unsupported =
    'is of a type that is not supported in PEM format; make one with `ssh-keygen -t ed25519 -f key` and paste the file'
  const ed25519 = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

  test.each<[string, string, string, string?]>([
    ['no passphrase', locked, noPassphrase],
    ['a wrong passphrase', locked, wrongPassphrase, 'open barley'],
    ['no passphrase, PEM', pem('pkcs1', 'secret'), noPassphrase],
    ['a wrong passphrase, PEM', pem('pkcs1', 'secret'), wrongPassphrase, 'guess'],
    ['no passphrase, PKCS#8', pem('pkcs8', 'secret'), noPassphrase],
    ['the public half', publicKey, isPublic],
    ['a public key in PEM format', '-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n', isPublic],
    ['a PuTTY key', 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n', putty],
    ['line breaks that became blanks', plain.replaceAll('\n', ' '), noBreaks],
    ['line breaks that became \\n', plain.replaceAll('\n', '\\n'), noBreaks],
    ['the last line is missing', plain.trim().split('\n').slice(0, -1).join('\n'), noBreaks],
    ['a line in the middle is missing', plain.split('\n').toSpliced(2, 1).join('\n'), damaged],
    ['a fingerprint', 'SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8', noKey],
    ['the name of a file', '~/.ssh/id_ed25519', noKey],
    ['a type that PEM has no place for', ed25519, unsupported],
  ])('%s', (_what, text, problem, passphrase) => {
    expect(type(text, passphrase)).toBe(problem)
  })

  test('whatever was pasted, without a word of it', () => {
    const scrap = fc.constantFrom(
      ...plain.split('\n'),
      ...locked.split('\n'),
      '\n',
      '\r\n',
      '-----BEGIN RSA PRIVATE KEY-----',
      'x',
    )
    fc.assert(
      fc.property(
        fc.array(fc.oneof(scrap, fc.base64String()), { maxLength: 8 }).map((parts) => parts.join('\n')),
        (text) => {
          const problem = parsePrivateKey(text, 'secret')
          if (typeof problem !== 'string') return
          for (const word of text.split(/\s+/)) {
            if (word.length > 12 && !word.startsWith('--')) expect(problem).not.toContain(word)
          }
        },
      ),
    )
  })
})
