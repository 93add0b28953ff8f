import type { InputReader } from '../runner/inputs.ts'
import { type Host, parseHost } from './host.ts'
import { howToScan, pinsOf } from './known-hosts.ts'
import { parsePrivateKey } from './private-key.ts'

/** What it takes to reach one host and to know that it is the right one. */
export interface Connection {
  readonly host: Host
  /** A host in between, which opens the way to `host`; the same key logs in to both. */
  readonly jump?: Host
  /** A private key as text: OpenSSH or PEM format. */
  readonly privateKey: string
  readonly passphrase?: string
  /** The text of a known_hosts file with at least one line for each host. */
  readonly knownHosts: string
}

/** Reads the inputs that all actions share which reach a host, and notes what is wrong with them. */
export function readConnection(input: InputReader): Connection {
  const host = input.parsed('host', parseHost)
  const jump = input.optional('jump-host') === undefined ? undefined : input.parsed('jump-host', parseHost)
  const privateKey = input.secret('ssh-key')
  const passphrase = input.optionalSecret('ssh-key-passphrase')
  const knownHosts = input.optional('known-hosts') ?? ''

  const key = privateKey === '' || parsePrivateKey(privateKey, passphrase)
  if (typeof key === 'string') input.problem('ssh-key', key)
  const problems = [host, jump].flatMap((each) => (each && checkKnownHosts(knownHosts, each)) ?? [])
  for (const problem of new Set(problems)) input.problem('known-hosts', problem)
  return {
    ...{ host, privateKey, knownHosts },
    ...(jump && { jump }),
    ...(passphrase !== undefined && { passphrase }),
  }
}

/** What is wrong with the text as the pins of this host; a host that could not be read has no name to look for. */
function checkKnownHosts(text: string, { user, name, port }: Partial<Host>): string | undefined {
  if (user === undefined || name === undefined || port === undefined) return text === '' ? 'is required' : undefined
  const known = { user, name, port }
  if (text === '') return `is required. ${howToScan(known)}`
  const pins = pinsOf(text, known)
  return typeof pins === 'string' ? pins : undefined
}
