import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fingerprint, knownHostsName } from '../../../src/host/host-key.ts'
import { pinsOf } from '../../../src/host/known-hosts.ts'
import { makeKey } from '../../support/sshd/sshd.ts'

let folder: string
const keys: { readonly line: string; readonly fingerprint: string }[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'estiba-known-hosts-'))
  for (const type of ['ed25519', 'ecdsa', 'rsa']) {
    const file = join(folder, type)
    await makeKey(file, ['-t', type])
    const [kind = '', blob = ''] = execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' }).split(' ')
    const [, print = ''] = execFileSync('ssh-keygen', ['-lf', `${file}.pub`], { encoding: 'utf8' }).split(' ')
    keys.push({ line: `${kind} ${blob.trim()}`, fingerprint: print })
  }
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** The fingerprints that OpenSSH itself finds for a host. */
function foundByOpenSsh(file: string, name: string): readonly string[] {
  const { stdout } = spawnSync('ssh-keygen', ['-F', name, '-l', '-f', file], { encoding: 'utf8' })
  return (stdout.match(/SHA256:[\w+/]{43}/g) ?? []).toSorted()
}

test('the keys of a host are those that OpenSSH finds, plain and hashed', async () => {
  const host = fc.record({
    user: fc.constant('deploy'),
    name: fc.constantFrom('shop', 'shop.example.com', 'Shop.Example.com', '10.0.0.1', '2001:db8::1'),
    port: fc.constantFrom(22, 2222, 22_222),
  })
  const line = fc.record({ hosts: fc.array(host, { minLength: 1, maxLength: 3 }), key: fc.nat(2) })
  const file = join(folder, 'known_hosts')
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 4 }),
      host,
      fc.boolean(),
      async (lines, wanted, hash) => {
        const text = lines
          .map(({ hosts, key }) => `${hosts.map(knownHostsName).join(',')} ${keys[key]?.line ?? ''}\n`)
          .join('')
        await writeFile(file, text)
        if (hash) execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' })
        const written = execFileSync('cat', [file], { encoding: 'utf8' })
        const found = pinsOf(written, wanted)
        const prints = typeof found === 'string' ? [] : found.keys.map(({ blob }) => fingerprint(blob))
        const theirs = foundByOpenSsh(file, knownHostsName(wanted))
        // ssh looks without the port then, and ssh-keygen does not.
        const plain = knownHostsName({ ...wanted, port: 22 })
        expect(prints.toSorted()).toEqual(theirs.length > 0 ? theirs : foundByOpenSsh(file, plain))
      },
    ),
    { numRuns: 60 },
  )
})

test('a fingerprint is written as OpenSSH writes it', () => {
  const found = pinsOf(keys.map(({ line }) => `shop ${line}`).join('\n'), {
    user: 'deploy',
    name: 'shop',
    port: 22,
  })
  if (typeof found === 'string') throw new Error(found)
  expect(found.keys.map(({ blob }) => fingerprint(blob))).toEqual(keys.map((key) => key.fingerprint))
})
