import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Host } from '../../../src/host/host.ts'
import { pinnedKeys } from '../../../src/host/known-hosts.ts'

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
  const keys = pinnedKeys(text, host)
  return typeof keys === 'string' ? keys : keys.map(({ type }) => type)
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
    ['the usual port written out', `[shop.example.com]:22 ${ED25519}`, shop],
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
  ])('%s', (_what, text) => {
    expect(types(text, at2222)).toMatch(/^has no line for shop\.example\.com port 2222\. From/)
  })

  test('points at a line that lacks the port', () => {
    expect(types(`shop.example.com ${ED25519}`, at2222)).toContain(
      'It has one without the port: lines for port 2222 begin with [shop.example.com]:2222.',
    )
  })
})

describe('what is not supported is refused, wherever it is', () => {
  const notALine = 'is not a known_hosts line; write NAME TYPE KEY as ssh-keyscan prints it, each on a line of its own'

  test.each([
    [
      `@revoked * ${ED25519}`,
      '@revoked lines are not supported yet: delete the line, and see that the revoked key is on no other line; only keys listed here are accepted',
    ],
    [
      `@cert-authority *.example.com ${ED25519}`,
      "@cert-authority lines are not supported yet: host certificates can't be checked; pin the host's own key, as ssh-keyscan prints it",
    ],
    [
      `@trusted shop.example.com ${ED25519}`,
      "the marker @trusted is not known; write a line that begins with the host's name",
    ],
    [
      `*.example.com ${ED25519}`,
      "wildcards and negation (*.example.com) are not supported yet; write the host's name in full",
    ],
    [`shop?.com ${ED25519}`, "wildcards and negation (shop?.com) are not supported yet; write the host's name in full"],
    [
      `shop,!evil.net ${ED25519}`,
      "wildcards and negation (shop,!evil.net) are not supported yet; write the host's name in full",
    ],
    [ED25519, notALine],
    ['shop.example.com SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8', notALine],
    [`shop.example.com ssh-rsa ${blob('ssh-ed25519')}`, notALine],
    ['shop.example.com ssh-ed25519 AAAA*', notALine],
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
          const keys = pinnedKeys(text, shop)
          if (typeof keys === 'string') expect(keys).not.toBe('')
          else expect(text.includes('shop.example.com') || text.includes(hashed('shop.example.com'))).toBe(true)
        },
      ),
      { numRuns: 3000 },
    )
  },
)
