import { NodeSSH, type Config } from 'node-ssh'
import type { Client, ClientChannel, ParsedKey } from 'ssh2'
import { StepError, UsageError } from '../errors.ts'
import { type Carrier, dial, through } from './carrier.ts'
import { type ConnectAttempt, explainConnectFailure } from './connect-failure.ts'
import type { Connection } from './connection.ts'
import { formatHost, type Host } from './host.ts'
import { type HostKey, algorithmsFor, fingerprint, parseHostKey } from './host-key.ts'
import { includesKey, pinsOf } from './known-hosts.ts'
import { parsePrivateKey } from './private-key.ts'
import type { Remote } from './remote.ts'
import { SshRemote } from './ssh-remote.ts'

/** Until the login is done. A server that resolves its callers' names may take 10 s of it. */
const CONNECT_SECONDS = 20
/** How often the server is asked for a sign of life; `SshRemote` gives up after `SILENCE_SECONDS` without one. */
const KEEPALIVE_SECONDS = 4

export interface ConnectOptions {
  readonly signal?: AbortSignal
  /** How the first host is reached; over TCP unless a test says otherwise. */
  readonly open?: (host: Host) => Carrier
}

/**
 * Opens a connection to a host whose key is pinned in `knownHosts`, if need be through a jump host whose key is pinned
 * there too. One connection serves a whole action.
 *
 * @throws UsageError where an input is wrong
 * @throws StepError where a host can't be reached, shows another key, or refuses the login
 */
export async function connect(connection: Connection, { signal, open = dial }: ConnectOptions = {}): Promise<Remote> {
  signal?.throwIfAborted()
  const key = usable('ssh-key', parsePrivateKey(connection.privateKey, connection.passphrase))
  const target = (input: Target['input'], host: Host): Target => {
    const pins = usable('known-hosts', pinsOf(connection.knownHosts, host))
    return { input, host, pins, key, userKey: fingerprint(key.getPublicSSH()) }
  }
  const last = target('host', connection.host)
  const jump = connection.jump && target('jump-host', connection.jump)
  const carrier = jump === undefined ? open(last.host) : await jumpTo(last, jump, open(jump.host), signal)
  const client = await logIn(last, carrier, signal)
  return new SshRemote(last.host, client, carrier)
}

function usable<T extends object>(input: string, value: T | string): T {
  if (typeof value === 'string') throw new UsageError(`${input}: ${value}`)
  return value
}

type Target = Pick<ConnectAttempt, 'input' | 'host' | 'pins' | 'userKey'> & { readonly key: ParsedKey }

async function jumpTo(target: Target, jump: Target, carrier: Carrier, signal?: AbortSignal): Promise<Carrier> {
  const client = await logIn(jump, carrier, signal)
  try {
    const forwarding = forward(client, target.host)
    return through(client, carrier, await untilStopped(carrier, signal, forwarding))
  } catch (error) {
    carrier.destroy()
    signal?.throwIfAborted()
    throw new StepError({
      step: 'connect',
      host: formatHost(target.host),
      why: `the jump host ${formatHost(jump.host)} opened no way to it (${error instanceof Error ? error.message : String(error)})`,
      state: 'nothing was run on the host',
      next:
        'see that the jump host reaches that name and port, and that its sshd lets this user forward: AllowTcpForwarding and ' +
        'PermitOpen, and port-forwarding after restrict in authorized_keys',
      cause: error,
    })
  }
}

function forward(client: Client, { name, port }: Host): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, name, port, (error, channel) => {
      if (error === undefined) resolve(channel)
      else reject(error)
    })
  })
}

/** Ends what is under way when the job is cancelled or the time is over, so that it fails by itself. */
async function untilStopped<T>(carrier: Carrier, signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  const stop = (): void => {
    carrier.destroy()
  }
  const timer = setTimeout(stop, CONNECT_SECONDS * 1000)
  signal?.addEventListener('abort', stop)
  try {
    return await work
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

/** Nothing is sent to a host, neither name nor key, before it has shown a key that is pinned. */
async function logIn(target: Target, carrier: Carrier, signal?: AbortSignal): Promise<Client> {
  const seen: Seen = {}
  const ssh = new NodeSSH()
  try {
    const ready = ssh.connect(configure(target, carrier, seen))
    const client = ssh.connection
    if (client === null) throw new Error('node-ssh made no client')
    // Only the first error is node-ssh's; without a listener of our own, any later one would end the process.
    client.on('error', () => undefined)
    await untilStopped(carrier, signal, ready)
    return client
  } catch (error) {
    carrier.destroy()
    signal?.throwIfAborted()
    throw explainConnectFailure(error, { ...target, ...seen, connected: carrier.wasOpen() })
  }
}

/** What turned up while connecting. */
interface Seen {
  shown?: HostKey
  accepts?: readonly string[]
}

function configure({ host, pins, key }: Target, carrier: Carrier, seen: Seen): Config {
  return {
    sock: carrier.stream,
    username: host.user,
    readyTimeout: CONNECT_SECONDS * 1000,
    keepaliveInterval: KEEPALIVE_SECONDS * 1000,
    // It counts unanswered questions, which also wait behind a slow upload; silence is what SshRemote looks at.
    keepaliveCountMax: Number.MAX_SAFE_INTEGER,
    algorithms: { ...ALGORITHMS, serverHostKey: algorithmsFor(pins.keys) },
    hostVerifier: (blob: Buffer) => {
      const shown = parseHostKey(blob)
      if (shown !== undefined) seen.shown = shown
      return includesKey(pins.keys, blob)
    },
    // The first call comes before anything was tried; a second one means that the key was refused.
    authHandler: (left, _partial, next) => {
      const tried = Array.isArray(left)
      if (tried) seen.accepts = left
      next(tried ? (false as never) : { type: 'publickey', username: host.user, key })
    },
  }
}

/** ssh2's defaults without SHA-1. */
const ALGORITHMS: NonNullable<Config['algorithms']> = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group16-sha512',
  ],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
}
