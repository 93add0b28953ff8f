import type { InputReader } from '../runner/inputs.ts'
import { type Host, parseHost } from './host.ts'

/** What it takes to reach one host and to know that it is the right one. */
export interface Connection {
  readonly host: Host
  /** A private key as text: OpenSSH or PEM format. */
  readonly privateKey: string
  readonly passphrase?: string
  /** The text of a known_hosts file with at least one line for the host. */
  readonly knownHosts: string
}

/** Reads the inputs `host`, `ssh-key`, `ssh-key-passphrase` and `known-hosts`. */
export function readConnection(input: InputReader): Connection {
  const host = input.parsed('host', parseHost)
  const privateKey = input.secret('ssh-key')
  const passphrase = input.optionalSecret('ssh-key-passphrase')
  const knownHosts = input.text('known-hosts')
  return { host, privateKey, knownHosts, ...(passphrase === undefined ? {} : { passphrase }) }
}
