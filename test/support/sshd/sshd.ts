import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo, connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Host } from '../../../src/host/host.ts'

/** As ssh-keygen takes them. */
const KEYGEN = {
  ed25519: ['-t', 'ed25519'],
  ecdsa: ['-t', 'ecdsa'],
  ecdsa384: ['-t', 'ecdsa', '-b', '384'],
  ecdsa521: ['-t', 'ecdsa', '-b', '521'],
  rsa: ['-t', 'rsa'],
} as const
export type KeyType = keyof typeof KEYGEN
export const KEY_TYPES = Object.keys(KEYGEN) as readonly KeyType[]

/** A real OpenSSH server on the loopback, in a folder of its own, that lets the current user in by key. */
export interface Sshd extends AsyncDisposable {
  readonly host: Host
  readonly folder: string
  /** The private key that may log in. */
  readonly privateKey: string
  /** known_hosts lines for all host keys, or for some types of them, as pinned for a port. */
  knownHosts(types?: readonly KeyType[], port?: number): string
  /** A host key as known_hosts has it, `TYPE BASE64`. */
  publicKey(type: KeyType): string
  /** Everything that the server logged so far. */
  log(): string
  /** Lets another public key in. */
  authorize(publicKey: string): Promise<void>
}

/**
 * Starts the server.
 *
 * @param settings further lines of its sshd_config
 */
export async function startSshd(settings: readonly string[] = []): Promise<Sshd> {
  const folder = await mkdtemp(join(tmpdir(), 'estiba-sshd-'))
  const port = await freePort()
  const publicKeys = await makeHostKeys(folder)
  const privateKey = await makeKey(join(folder, 'user'), ['-t', 'ed25519'])
  const authorized = join(folder, 'authorized_keys')
  await writeFile(authorized, await readFile(join(folder, 'user.pub'), 'utf8'), { mode: 0o600 })
  const config = join(folder, 'sshd_config')
  await writeFile(config, [...settings, ...defaults(folder, port)].join('\n') + '\n')
  // As root, sshd wants its folder for privilege separation, which packages make only when the service starts.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 })

  const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  const exited = once(child, 'exit')
  await listening(port, () => (child.exitCode === null ? undefined : log))
  return {
    host: { user: userInfo().username, name: '127.0.0.1', port },
    folder,
    privateKey,
    knownHosts: (types = KEY_TYPES, at = port) =>
      types.map((type) => `[127.0.0.1]:${at} ${publicKeys.get(type) ?? ''}`).join('\n') + '\n',
    publicKey: (type) => publicKeys.get(type) ?? '',
    log: () => log,
    authorize: async (publicKey) => {
      await writeFile(authorized, `${await readFile(authorized, 'utf8')}${publicKey.trim()}\n`)
    },
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Makes a key with ssh-keygen; returns the private half, the public one is beside it as `FILE.pub`. */
export async function makeKey(file: string, options: readonly string[], passphrase = ''): Promise<string> {
  await promisify(execFile)('ssh-keygen', ['-q', '-C', 'test', '-N', passphrase, ...options, '-f', file])
  return readFile(file, 'utf8')
}

async function makeHostKeys(folder: string): Promise<ReadonlyMap<KeyType, string>> {
  const keys = KEY_TYPES.map(async (type): Promise<[KeyType, string]> => {
    const file = join(folder, `host_${type}`)
    await makeKey(file, KEYGEN[type])
    const [kind = '', blob = ''] = (await readFile(`${file}.pub`, 'utf8')).split(' ')
    return [type, `${kind} ${blob}`]
  })
  return new Map(await Promise.all(keys))
}

function defaults(folder: string, port: number): readonly string[] {
  return [
    'ListenAddress 127.0.0.1',
    `Port ${port}`,
    // The server's own order: it would show the ECDSA key first to whoever offers all.
    ...(['ecdsa', 'ecdsa384', 'ecdsa521', 'ed25519', 'rsa'] satisfies KeyType[]).map(
      (type) => `HostKey ${join(folder, `host_${type}`)}`,
    ),
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    `PidFile ${join(folder, 'pid')}`,
    'PubkeyAuthentication yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'StrictModes no',
    'UsePAM no',
    'UseDNS no',
    // Tests that mostly wait log in all at once, and sshd drops some of ten.
    'MaxStartups 100',
    'PrintMotd no',
    'LogLevel VERBOSE',
    // bash reads the user's .bashrc under sshd unless it thinks itself within another shell.
    'SetEnv SHLVL=2',
  ]
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function listening(port: number, dead: () => string | undefined): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const log = dead()
    if (log !== undefined) throw new Error(`sshd ended: ${log}`)
    const socket = connect(port, '127.0.0.1')
    const up = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (up) return
    await sleep(50)
  }
  throw new Error(`sshd does not listen on port ${port}`)
}
