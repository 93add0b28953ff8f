import { utils } from 'ssh2'
import { expect, test } from 'vitest'
import { type Connection, readConnection } from '../../../src/host/connection.ts'
import { InputReader } from '../../../src/runner/inputs.ts'

const key = utils.generateKeyPairSync('ed25519')
const hostKey = utils.generateKeyPairSync('ed25519').public

const good = {
  host: 'deploy@shop.example.com:2222',
  'ssh-key': key.private,
  'known-hosts': `[shop.example.com]:2222 ${hostKey}`,
}

function read(inputs: Readonly<Record<string, string>>): {
  connection: Connection
  problems: string
  masked: string[]
} {
  const masked: string[] = []
  const input = new InputReader(
    (name) => inputs[name] ?? '',
    (secret) => masked.push(secret),
  )
  const connection = readConnection(input)
  try {
    input.check()
    return { connection, problems: '', masked }
  } catch (error) {
    return { connection, problems: String(error), masked }
  }
}

test('reads what it takes to connect, and masks the secrets', () => {
  const { connection, problems, masked } = read({ ...good, 'ssh-key-passphrase': 'superfluous' })
  expect(problems).toBe('')
  expect(connection).toEqual({
    host: { user: 'deploy', name: 'shop.example.com', port: 2222 },
    privateKey: key.private.trim(),
    passphrase: 'superfluous',
    knownHosts: good['known-hosts'],
  })
  expect(masked).toEqual([key.private.trim(), 'superfluous'])
})

test('a jump host needs a pin of its own', () => {
  const inputs = { ...good, 'jump-host': 'hop@bastion.example.com' }
  const { connection, problems } = read({ ...inputs, 'known-hosts': `*.example.com,[*.example.com]:* ${hostKey}` })
  expect(problems).toBe('')
  expect(connection.jump).toEqual({ user: 'hop', name: 'bastion.example.com', port: 22 })
  expect(read(inputs).problems).toContain('  known-hosts: has no line for bastion.example.com port 22. From')
  expect(read({ ...good, 'jump-host': 'bastion' }).problems).toContain('  jump-host: write user@host or')
  expect(read({ 'jump-host': 'bastion' }).problems.match(/known-hosts: is required/g)).toHaveLength(1)
})

test('names everything that is missing', () => {
  expect(read({}).problems).toMatchInlineSnapshot(`
    "UsageError: 3 inputs need a change:
      host: is required
      ssh-key: is required; is the secret set, and may this job read it?
      known-hosts: is required"
  `)
})

test('says how to come by known hosts', () => {
  expect(read({ ...good, 'known-hosts': '' }).problems).toContain(
    'known-hosts: is required. From a network that you trust run `ssh-keyscan -p 2222 shop.example.com`, compare',
  )
})

test('finds what is wrong before anything is sent anywhere', () => {
  const { problems } = read({ ...good, host: 'deploy@shop.example.com', 'ssh-key': key.public })
  expect(problems).toMatchInlineSnapshot(`
    "UsageError: 2 inputs need a change:
      ssh-key: is a public key; paste the private one, the file without .pub
      known-hosts: has no line for shop.example.com port 22. From a network that you trust run \`ssh-keyscan -p 22 shop.example.com\`, compare the fingerprints (\`ssh-keyscan -p 22 shop.example.com | ssh-keygen -lf -\`) with those that \`for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done\` prints on the server itself, and paste the lines"
  `)
})

test('does not look for the lines of a host that it could not read', () => {
  expect(read({ ...good, host: 'shop' }).problems).toMatchInlineSnapshot(`
    "UsageError: One input needs a change:
      host: write user@host or user@host:port, not "shop""
  `)
})
