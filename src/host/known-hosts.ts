import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Host } from './host.ts'
import { type HostKey, isSupported, knownHostsName, parseHostKey } from './host-key.ts'

/**
 * Finds the keys that a known_hosts file pins for a host. Returns the problem as a string when it pins none, or when any
 * line holds what is not supported: to skip a line that was meant to forbid something would be worse than to stop.
 * Format: https://man.openbsd.org/sshd.8#SSH_KNOWN_HOSTS_FILE_FORMAT
 */
export function pinnedKeys(text: string, host: Host): readonly HostKey[] | string {
  const lines = text.split(/\r\n|\n|\r/).map(parseLine)
  const problem = lines.find((line) => typeof line === 'string')
  if (problem !== undefined) return problem
  const entries = lines.filter((line) => typeof line === 'object')
  const own = entries.filter(({ names }) => names.some((name) => matches(name, host)))
  if (own.length === 0) return noLine(host, entries)
  const keys = own.map(({ key }) => key).filter(isSupported)
  if (keys.length > 0) return keys
  const types = own.map(({ key }) => key.type).join(', ')
  return `pins only ${types} for ${host.name}, which is not supported; add its ssh-ed25519 line. ${howToScan(host)}`
}

interface Entry {
  readonly names: readonly string[]
  readonly key: HostKey
}

/** A line as an entry, undefined when it holds none, or what is wrong with it. */
function parseLine(line: string, index: number): Entry | undefined | string {
  const fields = line.trim().split(/[ \t]+/)
  const [names = '', type = '', base64 = ''] = fields
  if (names === '' || names.startsWith('#')) return undefined
  const where = `line ${index + 1}`
  if (names in MARKERS)
    return `${where}: ${names} lines are not supported yet: ${MARKERS[names as keyof typeof MARKERS]}`
  if (names.startsWith('@'))
    return `${where}: the marker ${names} is not known; write a line that begins with the host's name`
  if (/[*?!]/.test(names)) {
    return `${where}: wildcards and negation (${names}) are not supported yet; write the host's name in full`
  }
  const key = parseHostKey(Buffer.from(base64, 'base64'))
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || key?.type !== type) {
    return `${where}: is not a known_hosts line; write NAME TYPE KEY as ssh-keyscan prints it, each on a line of its own`
  }
  return { names: names.split(','), key }
}

const MARKERS = {
  '@revoked': 'delete the line, and see that the revoked key is on no other line; only keys listed here are accepted',
  '@cert-authority': "host certificates can't be checked; pin the host's own key, as ssh-keyscan prints it",
}

function matches(pattern: string, host: Host): boolean {
  const name = knownHostsName(host)
  if (pattern.startsWith('|')) return matchesHash(pattern, name)
  return pattern.toLowerCase() === name || (host.port === 22 && pattern.toLowerCase() === `[${name}]:22`)
}

/** `|1|salt|hash`: HMAC-SHA1 of the name under the salt, both in base64. */
function matchesHash(pattern: string, name: string): boolean {
  const [, version, salt = '', hash = ''] = pattern.split('|')
  const expected = Buffer.from(hash, 'base64')
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest()
  return version === '1' && expected.length === actual.length && timingSafeEqual(expected, actual)
}

function noLine(host: Host, entries: readonly Entry[]): string {
  const withoutPort =
    host.port !== 22 && entries.some(({ names }) => names.some((name) => matches(name, { ...host, port: 22 })))
  const hint = withoutPort
    ? ` It has one without the port: lines for port ${host.port} begin with ${knownHostsName(host)}.`
    : ''
  return `has no line for ${host.name} port ${host.port}.${hint} ${howToScan(host)}`
}

/** How to get a line worth pinning. Estiba never does this itself: from here, an attacker's key would look the same. */
export function howToScan({ name, port }: Host): string {
  return (
    `From a network that you trust run \`ssh-keyscan -p ${port} ${name}\`, compare the fingerprints ` +
    `(\`ssh-keyscan -p ${port} ${name} | ssh-keygen -lf -\`) with those that ` +
    '`for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done` prints on the server itself, and paste the lines'
  )
}
