import type { InputReader } from '../runner/inputs.ts'
import { type Host, parseHost } from './host.ts'
import { howToScan, pinnedKeys } from './known-hosts.ts'
import { parsePrivateKey } from './private-key.ts'

/** What it takes to reach one host and to know that it is the right one. */
export interface Connection {
  readonly host: Host
  /** A private key as text: OpenSSH or PEM format. */
  readonly privateKey: string
  readonly passphrase?: string
  /** The text of a known_hosts file with at least one line for the host. */
  readonly knownHosts: string
}

/** Reads the inputs `host`, `ssh-key`, `ssh-key-passphrase` and `known-hosts`, and notes what is wrong with them. */
export function readConnection(input: InputReader): Connection {
  const host = input.parsed('host', parseHost)
  const privateKey = input.secret('ssh-key')
  const passphrase = input.optionalSecret('ssh-key-passphrase')
  const knownHosts = input.optional('known-hosts') ?? ''

  const key = privateKey === '' || parsePrivateKey(privateKey, passphrase)
  if (typeof key === 'string') input.problem('ssh-key', key)
  const problem = checkKnownHosts(knownHosts, host)
  if (problem !== undefined) input.problem('known-hosts', problem)
  return { host, privateKey, knownHosts, ...(passphrase === undefined ? {} : { passphrase }) }
}

/** What is wrong with the text as the pins of this host; a host that could not be read has no name to look for. */
function checkKnownHosts(text: string, host: Partial<Host>): string | undefined {
  const { user, name, port } = host
  if (user === undefined || name === undefined || port === undefined) return text === '' ? 'is required' : undefined
  const known = { user, name, port }
  if (text === '') return `is required. ${howToScan(known)}`
  const pinned = pinnedKeys(text, known)
  return typeof pinned === 'string' ? pinned : undefined
}
