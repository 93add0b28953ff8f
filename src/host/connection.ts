import type { InputReader } from '../runner/inputs.ts'
import { type Host, parseHost } from './host.ts'
import { pinnedKeys } from './known-hosts.ts'
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
  const knownHosts = input.text('known-hosts')

  const key = privateKey === '' || parsePrivateKey(privateKey, passphrase)
  if (typeof key === 'string') input.problem('ssh-key', key)
  // Without a host there is nothing to look up.
  const pinned = knownHosts === '' || !('name' in host) || pinnedKeys(knownHosts, host)
  if (typeof pinned === 'string') input.problem('known-hosts', pinned)
  return { host, privateKey, knownHosts, ...(passphrase === undefined ? {} : { passphrase }) }
}
