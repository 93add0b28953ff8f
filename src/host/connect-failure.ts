import { StepError } from '../errors.ts'
import { type Host, formatHost } from './host.ts'
import { type HostKey, fingerprint, formatKnownHost } from './host-key.ts'
import { includesKey, type Pins } from './known-hosts.ts'

/** What was found out while a connection failed to come about. */
export interface ConnectAttempt {
  /** The input that names the host. */
  readonly input: 'host' | 'jump-host'
  readonly host: Host
  readonly pins: Pins
  /** Whether the TCP connection came about. */
  readonly connected: boolean
  /** The key that the server showed, if it got so far. */
  readonly shown?: HostKey
  /** The methods that the server accepts, once it refused the key. */
  readonly accepts?: readonly string[]
  /** The fingerprint of the user's public key. */
  readonly userKey: string
}

/** Turns what ssh2 or the socket reported into where, why, and what to do next. */
export function explainConnectFailure(cause: unknown, attempt: ConnectAttempt): StepError {
  const { host, pins, shown } = attempt
  if (shown !== undefined && includesKey(pins.revoked, shown.blob)) return revokedHostKey(attempt, shown)
  if (shown !== undefined && !includesKey(pins.keys, shown.blob)) return wrongHostKey(attempt, shown)
  if (attempt.accepts !== undefined) return refused(attempt, attempt.accepts)
  const { code, level, message } = details(cause)
  const network = NETWORK[code] ?? later(attempt, level)
  return new StepError({
    step: 'connect',
    host: formatHost(host),
    why: `${network.why} (${message})`,
    state: 'nothing was run on the host',
    next: network.next.replace('INPUT', attempt.input),
    cause,
  })
}

/** Without a code from the network, what counts is how far it got. */
function later(attempt: ConnectAttempt, level: string): Explanation {
  if (!attempt.connected) return UNREACHABLE
  return level === 'handshake' ? handshake(attempt) : EARLY_END
}

interface Explanation {
  readonly why: string
  readonly next: string
}

const UNREACHABLE: Explanation = {
  why: 'the address can not be reached',
  next: 'see that the host is up, and that its firewall lets this runner in on that port',
}
const UNKNOWN_NAME: Explanation = {
  why: 'the name can not be resolved',
  next: 'see that the name in the input INPUT is right and has a DNS record; an address works too',
}
const NETWORK: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: {
    why: 'nothing listens on that port',
    next: 'see that sshd runs there, and the port in the input INPUT',
  },
  ENOTFOUND: UNKNOWN_NAME,
  EAI_AGAIN: UNKNOWN_NAME,
  ETIMEDOUT: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
}
const EARLY_END: Explanation = {
  why: 'the connection ended before the login was done',
  next:
    'see that the port in the input INPUT is that of sshd; a busy or wary sshd does this too ' +
    '(MaxStartups, PerSourcePenalties, fail2ban): its log says why, and a later try may pass',
}

function handshake({ host, pins }: ConnectAttempt): Explanation {
  const types = [...new Set(pins.keys.map(({ type }) => type))].join(', ')
  return {
    why: 'no common algorithms',
    next:
      `known-hosts pins ${types} for this host, and only that is accepted; if the server has keys of other types, ` +
      `add their lines (\`ssh-keyscan -p ${host.port} ${host.name}\`, and compare the fingerprints on the server)`,
  }
}

const NOTHING_SENT = 'nothing was sent to the host, neither login nor command'

function revokedHostKey({ host }: ConnectAttempt, shown: HostKey): StepError {
  return new StepError({
    step: 'check the host key',
    host: formatHost(host),
    why: 'the server shows a key that known-hosts marks as @revoked: somebody else may have it',
    lastLines: [`shown:  ${fingerprint(shown.blob)} (${shown.type})`],
    state: NOTHING_SENT,
    next: 'give the server new host keys (`ssh-keygen -A` after removing the old ones), and pin those in the input known-hosts',
  })
}

function wrongHostKey({ host, pins }: ConnectAttempt, shown: HostKey): StepError {
  const same = pins.keys.filter(({ type }) => type === shown.type)
  return new StepError({
    step: 'check the host key',
    host: formatHost(host),
    why: 'the server shows another key than known-hosts pins; either it was reinstalled, or this is not the server',
    lastLines: [
      ...same.map(({ type, blob }) => `pinned: ${fingerprint(blob)} (${type})`),
      `shown:  ${fingerprint(shown.blob)} (${shown.type})`,
    ],
    state: NOTHING_SENT,
    next:
      `on the server itself run \`for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done\`. Only if that prints ` +
      `the shown fingerprint, pin the key in the input known-hosts with this line:\n    ${formatKnownHost(host, shown)}`,
  })
}

function refused({ host, userKey }: ConnectAttempt, accepts: readonly string[]): StepError {
  const publicKeys = accepts.includes('publickey')
  return new StepError({
    step: 'log in',
    host: formatHost(host),
    why: publicKeys
      ? `the server does not accept the key ${userKey} for ${host.user}`
      : `the server does not accept keys, but ${accepts.join(', ') || 'nothing at all'}`,
    state: 'nothing was run on the host',
    next: publicKeys
      ? `add the key's public half to ~${host.user}/.ssh/authorized_keys there, and see that ${host.user} may log in and owns that file`
      : 'set PubkeyAuthentication yes in its sshd_config',
  })
}

function details(cause: unknown): { readonly code: string; readonly level: string; readonly message: string } {
  // Several addresses of one name fail as one AggregateError without a message.
  const error: unknown = cause instanceof AggregateError ? (cause.errors[0] ?? cause) : cause
  if (!(error instanceof Error)) return { code: '', level: '', message: String(error) }
  const { code, level } = error as { code?: unknown; level?: unknown }
  return { code: word(code), level: word(level), message: error.message }
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
