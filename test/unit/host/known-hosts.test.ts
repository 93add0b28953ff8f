import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Host } from '../../../src/host/host.ts'
import { includesKey, pinsOf } from '../../../src/host/known-hosts.ts'

/** A key blob of a type with some bytes for its rest. */
function blob(type: string, rest = 'key'): string {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(type.length)
  return Buffer.concat([length, Buffer.from(type), Buffer.from(rest)]).toString('base64')
}

const ED25519 = `ssh-ed25519 ${blob('ssh-ed25519')}`
const ECDSA = `ecdsa-sha2-nistp256 ${blob('ecdsa-sha2-nistp256')}`
const RSA = `ssh-rsa ${blob('ssh-rsa')}`
const DSA = `ssh-dss ${blob('ssh-dss')}`

const shop: Host = { user: 'deploy', name: 'shop.example.com', port: 22 }
const at2222: Host = { ...shop, port: 2222 }

function types(text: string, host: Host = shop): readonly string[] | string {
  const pins = pinsOf(text, host)
  return typeof pins === 'string' ? pins : pins.keys.map(({ type }) => type)
}

function hashed(name: string): string {
  const salt = Buffer.from('0123456789abcdefghij')
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}

describe('lines that pin a key', () => {
  test.each<[string, string, Host]>([
    ['a plain name', `shop.example.com ${ED25519}`, shop],
    ['a name in other case', `Shop.Example.COM ${ED25519}`, { ...shop, name: 'SHOP.example.com' }],
    ['a comment after the key', `shop.example.com ${ED25519} root@shop made 2026`, shop],
    ['a list of names', `shop,10.0.0.1,shop.example.com ${ED25519}`, shop],
    ['tabs and several blanks', `  shop.example.com \t ${ED25519}  `, shop],
    ['CRLF', `# staging\r\nshop.example.com ${ED25519}\r\n`, shop],
    ['a port', `[shop.example.com]:2222 ${ED25519}`, at2222],
    ['no port, where no line has it', `shop.example.com ${ED25519}`, at2222],
    ['wildcards', `*.ex?mple.com ${ED25519}`, shop],
    ['wildcards with a port', `[*.example.com]:* ${ED25519}`, at2222],
    ['negation of another', `*.example.com,!db.example.com ${ED25519}`, shop],
    ['a hashed name', `${hashed('shop.example.com')} ${ED25519}`, shop],
    ['a hashed name with a port', `${hashed('[shop.example.com]:2222')} ${ED25519}`, at2222],
    ['IPv6', `2001:db8::1 ${ED25519}`, { ...shop, name: '2001:DB8::1' }],
    ['IPv6 with a port', `[2001:db8::1]:2222 ${ED25519}`, { ...at2222, name: '2001:db8::1' }],
  ])('%s', (_what, text, host) => {
    expect(types(text, host)).toEqual(['ssh-ed25519'])
  })

  test('all of them count, and those of other hosts do not', () => {
    const text = `# both\nshop.example.com ${ED25519}\n\nother.example.com ${ECDSA}\nshop.example.com ${RSA}\n`
    expect(types(text)).toEqual(['ssh-ed25519', 'ssh-rsa'])
  })

  test('a type that is not supported counts only when it is alone', () => {
    expect(types(`shop.example.com ${DSA}\nshop.example.com ${RSA}`)).toEqual(['ssh-rsa'])
    expect(types(`shop.example.com ${DSA}`)).toMatch(
      /^pins only ssh-dss for shop\.example\.com, which is not supported/,
    )
  })
})

describe('a file without a line for the host', () => {
  test('says how to get one, and how not to be fooled', () => {
    expect(types(`other.example.com ${ED25519}`)).toMatchInlineSnapshot(
      `"has no line for shop.example.com port 22. From a network that you trust run \`ssh-keyscan -p 22 shop.example.com\`, compare the fingerprints (\`ssh-keyscan -p 22 shop.example.com | ssh-keygen -lf -\`) with those that \`for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done\` prints on the server itself, and paste the lines"`,
    )
  })

  test.each([
    ['the name with another port', `[shop.example.com]:2223 ${ED25519}`],
    ['a longer name', `shop.example.com.evil.net ${ED25519}`],
    ['a hash of another name', `${hashed('evil.example.com')} ${ED25519}`],
    ['a hash of an unknown kind', `${hashed('[shop.example.com]:2222').replace('|1|', '|2|')} ${ED25519}`],
    ['nothing but comments', `# shop.example.com ${ED25519}\n\n`],
    ['a negation of the name', `*,!shop.example.com,![shop.example.com]:2222 ${ED25519}`],
    ['a hash that is not alone', `${hashed('[shop.example.com]:2222')},x ${ED25519}`],
    ['a wildcard that is part of a longer name', `shop.example.com? ${ED25519}`],
  ])('%s', (_what, text) => {
    expect(types(text, at2222)).toMatch(/^has no line for shop\.example\.com port 2222\. From/)
  })

  test('the usual port is never written out', () => {
    expect(types(`[shop.example.com]:22 ${ED25519}`)).toMatch(/^has no line for shop\.example\.com port 22\./)
  })

  test('a line with the port is all that counts then', () => {
    expect(types(`shop.example.com ${ED25519}\n[shop.example.com]:2222 ${RSA}`, at2222)).toEqual(['ssh-rsa'])
  })

  test('a certificate authority pins no key', () => {
    expect(types(`@cert-authority *.example.com ${ED25519}`)).toMatch(
      /^has no line for shop\.example\.com port 22\. It has a @cert-authority for it, but host certificates can't be checked here/,
    )
    expect(types(`@cert-authority * ${ED25519}\nshop.example.com ${RSA}`)).toEqual(['ssh-rsa'])
  })
})

describe('a revoked key', () => {
  const other = `ssh-ed25519 ${blob('ssh-ed25519', 'other')}`

  test('is not trusted, though a line pins it, and others are', () => {
    const pins = pinsOf(`@revoked * ${ED25519}\nshop.example.com ${ED25519}\nshop.example.com ${other}`, shop)
    if (typeof pins === 'string') throw new Error(pins)
    expect(includesKey(pins.keys, Buffer.from(blob('ssh-ed25519'), 'base64'))).toBe(false)
    expect(includesKey(pins.keys, Buffer.from(blob('ssh-ed25519', 'other'), 'base64'))).toBe(true)
  })

  test('of another host means nothing', () => {
    expect(types(`@revoked db.example.com ${ED25519}\nshop.example.com ${ED25519}`)).toEqual(['ssh-ed25519'])
  })

  test('as the only one is said', () => {
    expect(types(`@revoked * ${ED25519}\nshop.example.com ${ED25519}`)).toMatch(
      /^revokes every key that it pins for shop\.example\.com; pin the server's new key\./,
    )
  })

  test('of the port is revoked for the lines without it', () => {
    expect(types(`@revoked [shop.example.com]:2222 ${ED25519}\nshop.example.com ${ED25519}`, at2222)).toMatch(
      /^revokes/,
    )
  })
})

describe('a line that is none is refused, wherever it is', () => {
  const notALine = 'is not a known_hosts line; write NAME TYPE KEY as ssh-keyscan prints it, each on a line of its own'
  const unknown = (marker: string) => `the marker ${marker} is not known; there are @revoked and @cert-authority`

  test.each([
    [`@trusted shop.example.com ${ED25519}`, unknown('@trusted')],
    [`@Revoked * ${ED25519}`, unknown('@Revoked')],
    [ED25519, notALine],
    [`@revoked ${ED25519}`, notALine],
    ['shop.example.com SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8', notALine],
    [`shop.example.com ssh-rsa ${blob('ssh-ed25519')}`, notALine],
    ['shop.example.com ssh-ed25519 AAAA*', notALine],
    [`shop.example.com ${ED25519}AA`, notALine],
    [`shop.example.com ssh-ed25519\n${blob('ssh-ed25519')}`, notALine],
  ])('%s', (line, problem) => {
    expect(types(`shop.example.com ${ED25519}\n${line}\n`)).toBe(`line 2: ${problem}`)
  })
})

test(
  'any text at all gives keys or a reason, and keys only for a line that names the host',
  { timeout: 30_000 },
  () => {
    const word = fc.oneof(
      fc.constantFrom(
        'shop.example.com',
        '[shop.example.com]:2222',
        hashed('shop.example.com'),
        '|1|',
        '|1|x|y',
        '@revoked',
        '#',
      ),
      fc.constantFrom(
        'ssh-ed25519',
        blob('ssh-ed25519'),
        'ssh-rsa',
        blob('ssh-rsa'),
        ',',
        '!',
        '*',
        '\n',
        '\r\n',
        ' ',
        '\t',
      ),
      fc.string(),
    )
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 12 }).map((words) => words.join('')),
        (text) => {
          const pins = pinsOf(text, shop)
          if (typeof pins === 'string') expect(pins).not.toBe('')
          else expect(/shop\.example\.com|\*/.test(text) || text.includes(hashed('shop.example.com'))).toBe(true)
        },
      ),
      { numRuns: 3000 },
    )
  },
)
