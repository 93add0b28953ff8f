import { type Socket, connect as openSocket } from 'node:net'
import { NodeSSH, type Config } from 'node-ssh'
import type { ParsedKey } from 'ssh2'
import { UsageError } from '../errors.ts'
import { type ConnectAttempt, explainConnectFailure } from './connect-failure.ts'
import type { Connection } from './connection.ts'
import { type HostKey, algorithmsFor, fingerprint, parseHostKey } from './host-key.ts'
import { pinnedKeys } from './known-hosts.ts'
import { parsePrivateKey } from './private-key.ts'
import type { Remote } from './remote.ts'
import { SshRemote } from './ssh-remote.ts'

/** Until the login is done. A server that resolves its callers' names may take 10 s of it. */
const CONNECT_SECONDS = 20
/** How often the server is asked for a sign of life; `SshRemote` gives up after `SILENCE_SECONDS` without one. */
const KEEPALIVE_SECONDS = 4

/**
 * Opens a connection to a host whose key is pinned in `knownHosts`. One connection serves a whole action.
 *
 * @throws UsageError where an input is wrong
 * @throws StepError where the host can't be reached, shows another key, or refuses the login
 */
export async function connect(
  connection: Connection,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Remote> {
  const { signal } = options
  signal?.throwIfAborted()
  const pinned = usable('known-hosts', pinnedKeys(connection.knownHosts, connection.host))
  const key = usable('ssh-key', parsePrivateKey(connection.privateKey, connection.passphrase))
  const attempt = { host: connection.host, pinned, userKey: fingerprint(key.getPublicSSH()) }
  const seen: Seen = { connected: false }

  const { name, port } = connection.host
  // ssh2 leaves Nagle's algorithm on, which costs 45 ms a command.
  const socket = openSocket({ host: name, port, noDelay: true })
  socket.once('connect', () => {
    seen.connected = true
  })
  const abort = (): void => void socket.destroy()
  signal?.addEventListener('abort', abort)
  const ssh = new NodeSSH()
  try {
    const ready = ssh.connect(configure(attempt, key, socket, seen))
    const client = ssh.connection
    if (client === null) throw new Error('node-ssh made no client')
    // Only the first error is node-ssh's; without a listener of our own, any later one would end the process.
    client.on('error', () => undefined)
    await ready
    return new SshRemote(connection.host, client, socket)
  } catch (error) {
    socket.destroy()
    signal?.throwIfAborted()
    throw explainConnectFailure(error, { ...attempt, ...seen })
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

function usable<T extends object>(input: string, value: T | string): T {
  if (typeof value === 'string') throw new UsageError(`${input}: ${value}`)
  return value
}

/** What turned up while connecting. */
interface Seen {
  connected: boolean
  shown?: HostKey
  accepts?: readonly string[]
}

function configure(
  attempt: Pick<ConnectAttempt, 'host' | 'pinned'>,
  key: ParsedKey,
  socket: Socket,
  seen: Seen,
): Config {
  const { host, pinned } = attempt
  return {
    sock: socket,
    username: host.user,
    readyTimeout: CONNECT_SECONDS * 1000,
    keepaliveInterval: KEEPALIVE_SECONDS * 1000,
    // It counts unanswered questions, which also wait behind a slow upload; silence is what SshRemote looks at.
    keepaliveCountMax: Number.MAX_SAFE_INTEGER,
    algorithms: { ...ALGORITHMS, serverHostKey: algorithmsFor(pinned) },
    hostVerifier: (blob: Buffer) => {
      const shown = parseHostKey(blob)
      if (shown !== undefined) seen.shown = shown
      return pinned.some((pin) => pin.blob.equals(blob))
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
