import { generateKeyPairSync } from 'node:crypto'
import { InputReader } from '../../src/runner/inputs.ts'

/** Reads inputs as the runner hands them over; throws what is wrong with them. */
export function readWith<T>(
  readInputs: (input: InputReader) => T,
  inputs: Readonly<Record<string, string>>,
): { readonly value: T; readonly masked: readonly string[] } {
  const masked: string[] = []
  const input = new InputReader(
    (name) => inputs[name] ?? '',
    (secret) => masked.push(secret),
  )
  const value = readInputs(input)
  input.check()
  return { value, masked }
}

const { privateKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'sec1', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})
const hostKey = Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20'), Buffer.alloc(32, 7)]).toString('base64')
const knownHosts = `web1 ssh-ed25519 ${hostKey}`

/** What every action that reaches a stack is given. */
export const stackInputs = {
  host: 'deploy@web1',
  'ssh-key': privateKey,
  'known-hosts': knownHosts,
  path: '/srv/shop/',
}

/** What it makes of them. */
export const stackValue = {
  connection: { host: { user: 'deploy', name: 'web1', port: 22 }, privateKey: privateKey.trim(), knownHosts },
  path: '/srv/shop',
}
