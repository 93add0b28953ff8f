import { createHash } from 'node:crypto'
import type { ServerHostKeyAlgorithm } from 'ssh2'
import type { Host } from './host.ts'

/** A server's public key as the wire and known_hosts carry it. */
export interface HostKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`. */
  readonly type: string
  readonly blob: Buffer
}

/** The signature algorithms that a key of each type may use. RSA with SHA-1 (`ssh-rsa`) is not among them. */
const ALGORITHMS = new Map<string, readonly ServerHostKeyAlgorithm[]>([
  ['ssh-ed25519', ['ssh-ed25519']],
  ['ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256']],
  ['ecdsa-sha2-nistp384', ['ecdsa-sha2-nistp384']],
  ['ecdsa-sha2-nistp521', ['ecdsa-sha2-nistp521']],
  ['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256']],
])

export function isSupported({ type }: HostKey): boolean {
  return ALGORITHMS.has(type)
}

/** What to offer in the key exchange, so that a server with several keys shows one of the pinned types. */
export function algorithmsFor(keys: readonly HostKey[]): ServerHostKeyAlgorithm[] {
  return [...ALGORITHMS].flatMap(([type, algorithms]) => (keys.some((key) => key.type === type) ? algorithms : []))
}

/** Reads the type out of a key blob, its first length-prefixed string (RFC 4253, section 6.6). Undefined if malformed. */
export function parseHostKey(blob: Buffer): HostKey | undefined {
  if (blob.length < 4) return undefined
  const end = 4 + blob.readUInt32BE(0)
  return end < blob.length ? { type: blob.toString('latin1', 4, end), blob } : undefined
}

/** The fingerprint as `ssh-keygen -l` prints it: `SHA256:` and base64 without padding. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

/** The name under which known_hosts files list a host: with the port only where that is not 22. */
export function knownHostsName({ name, port }: Pick<Host, 'name' | 'port'>): string {
  return port === 22 ? name.toLowerCase() : `[${name.toLowerCase()}]:${port}`
}

/** The line that pins a key for a host. */
export function formatKnownHost(host: Host, { type, blob }: HostKey): string {
  return `${knownHostsName(host)} ${type} ${blob.toString('base64')}`
}
