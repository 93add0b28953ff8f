import { createHmac } from 'node:crypto'
import type { Host } from './host.ts'
import { type HostKey, isSupported, knownHostsName, parseHostKey } from './host-key.ts'

/** What a known_hosts file says about one host. */
export interface Pins {
  /** At least one, and none of the revoked; the client asks the server for keys of these types. */
  readonly keys: readonly HostKey[]
  readonly revoked: readonly HostKey[]
}

/** Whether a key, as a server shows it, is one of these. */
export function includesKey(keys: readonly HostKey[], blob: Buffer): boolean {
  return keys.some((key) => key.blob.equals(blob))
}

/**
 * Finds what a known_hosts file pins for a host, as OpenSSH does. Returns the problem as a string when it pins no key, or
 * when any line is none: OpenSSH skips those, but to skip a line that was meant to forbid something is worse than to stop.
 * Format: https://man.openbsd.org/sshd.8#SSH_KNOWN_HOSTS_FILE_FORMAT
 */
export function pinsOf(text: string, host: Host): Pins | string {
  const lines = text.split(/\r?\n/).map(parseLine)
  const problem = lines.find((line) => typeof line === 'string')
  if (problem !== undefined) return problem
  const entries = lines.filter((line) => typeof line === 'object')
  const own = entriesFor(host, entries)
  const marked = (marker: Marker): readonly HostKey[] =>
    own.filter((entry) => entry.marker === marker).map(({ key }) => key)
  const pinned = marked('')
  if (pinned.length === 0) return noKey(host, marked('@cert-authority').length > 0)
  const supported = pinned.filter(isSupported)
  if (supported.length === 0) return notSupported(host, pinned)
  const revoked = marked('@revoked')
  const keys = supported.filter(({ blob }) => !includesKey(revoked, blob))
  return keys.length > 0 ? { keys, revoked } : allRevoked(host)
}

/** Lines without the port count where none has it. A key that is revoked for the port is so in either case. */
function entriesFor(host: Host, entries: readonly Entry[]): readonly Entry[] {
  const named = (name: string): readonly Entry[] => entries.filter(({ names }) => matches(names, name))
  const own = named(knownHostsName(host))
  if (host.port === 22 || own.some(({ marker }) => marker === '')) return own
  return [...own, ...named(knownHostsName({ ...host, port: 22 }))]
}

const MARKERS = ['', '@revoked', '@cert-authority'] as const
type Marker = (typeof MARKERS)[number]

interface Entry {
  readonly marker: Marker
  /** A hashed name, or patterns with commas between them. */
  readonly names: string
  readonly key: HostKey
}

/** A line as an entry, undefined when it holds none, or what is wrong with it. */
function parseLine(line: string, index: number): Entry | undefined | string {
  const fields = line.replace(/^[ \t]+/, '').split(/[ \t]+/)
  const [first = ''] = fields
  if (first === '' || first.startsWith('#')) return undefined
  const where = `line ${index + 1}`
  const marker = MARKERS.find((known) => known === first) ?? ''
  if (first.startsWith('@') && marker === '')
    return `${where}: the marker ${first} is not known; there are @revoked and @cert-authority`
  const [names = '', type = '', base64 = ''] = marker === '' ? fields : fields.slice(1)
  const key = parseHostKey(Buffer.from(base64, 'base64'))
  if (/^(?:[A-Za-z0-9+/]{4})+$/.test(base64.replace(/={1,2}$/, (end) => 'A'.repeat(end.length))) && key?.type === type)
    return { marker, names, key }
  return `${where}: is not a known_hosts line; write NAME TYPE KEY as ssh-keyscan prints it, each on a line of its own`
}

function matches(names: string, name: string): boolean {
  return names.startsWith('|') ? matchesHash(names, name) : matchesPatterns(names.toLowerCase().split(','), name)
}

/** One that matches is enough, unless one behind a `!` matches too. */
function matchesPatterns(patterns: readonly string[], name: string): boolean {
  const some = (list: readonly string[]): boolean => list.some((pattern) => matchesPattern(pattern, name))
  const negated = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1))
  return !some(negated) && some(patterns.filter((pattern) => !pattern.startsWith('!')))
}

/** `*` is any text, `?` any one character; brackets are just brackets. */
function matchesPattern(pattern: string, name: string): boolean {
  const wild: Readonly<Record<string, string>> = { '*': '.*', '?': '.' }
  const source = pattern.replaceAll(/\*+|[^\w]/g, (char) => wild[char.charAt(0)] ?? `\\${char}`)
  return new RegExp(`^${source}$`, 's').test(name)
}

/** `|1|salt|hash`: HMAC-SHA1 of the name under the salt, both in base64. */
function matchesHash(names: string, name: string): boolean {
  const [, version, salt = '', hash] = names.split('|')
  const key = Buffer.from(salt, 'base64')
  return version === '1' && key.length === 20 && hash === createHmac('sha1', key).update(name).digest('base64')
}

function noKey(host: Host, certified: boolean): string {
  const certificates = certified
    ? " It has a @cert-authority for it, but host certificates can't be checked here: pin the host's own key."
    : ''
  return `has no line for ${host.name} port ${host.port}.${certificates} ${howToScan(host)}`
}

function notSupported(host: Host, pinned: readonly HostKey[]): string {
  const types = pinned.map(({ type }) => type).join(', ')
  return `pins only ${types} for ${host.name}, which is not supported; add its ssh-ed25519 line. ${howToScan(host)}`
}

function allRevoked(host: Host): string {
  return `revokes every key that it pins for ${host.name}; pin the server's new key. ${howToScan(host)}`
}

/** How to get a line worth pinning. Estiba never does this itself: from here, an attacker's key would look the same. */
export function howToScan({ name, port }: Host): string {
  return (
    `From a network that you trust run \`ssh-keyscan -p ${port} ${name}\`, compare the fingerprints ` +
    `(\`ssh-keyscan -p ${port} ${name} | ssh-keygen -lf -\`) with those that ` +
    '`for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done` prints on the server itself, and paste the lines'
  )
}
