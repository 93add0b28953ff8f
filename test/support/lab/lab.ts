import { labsInEngine, removeLab } from './docker.ts'
import { assembleLab } from './assembly.ts'
import { holdEngine, releaseEngine } from './engine.ts'
import { attachHost } from './host.ts'
import { requireImages } from './images/build.ts'
import { isAlive, KEPT, thisProcess } from './owner.ts'
import { forgetLab, type LabRecord } from './records.ts'
import { requireTools } from './tools.ts'

export { keyFile, knownHostsFile, runningLabs, type LabRecord } from './records.ts'

/** A registry and two servers of our own, reachable only over loopback. Two labs at once never meet. */
export interface Lab extends AsyncDisposable {
  readonly id: string
  /** `127.0.0.1:PORT`, plain HTTP; the same name leads to it from the runner and from inside both hosts. */
  readonly registry: { readonly url: string }
  readonly staging: LabHost
  readonly production: LabHost
}

/** A server: sshd, cron, a Docker engine with compose, and the unprivileged user `deploy` who may use it. */
export interface LabHost {
  readonly name: string
  readonly container: string
  readonly ssh: { readonly host: '127.0.0.1'; readonly port: number; readonly user: 'deploy' }
  /** OpenSSH private key of `deploy`, without passphrase. */
  readonly privateKey: string
  /** known_hosts text for `[127.0.0.1]:port`, read from the host itself and not from the network. */
  readonly knownHosts: string
  /** Base URL, as seen from outside, of what the host publishes on `port` (80, 8080-8089). */
  url(port: number): string
  /** Runs a shell command inside the host, as root. */
  exec(command: string): Promise<Exited>
  /** The power goes: everything on the host dies at once. */
  cutOff(): Promise<void>
  /** The power is back: resolves when sshd and the engine answer again. */
  boot(): Promise<void>
}

export interface Exited {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface LabOptions {
  /** Shown in the names of the containers; small letters, digits and dashes. */
  readonly name?: string
  /** Stays when this process ends, until `npm run lab -- down`. */
  readonly kept?: true
}

/**
 * Starts a lab; what is missing on this machine is installed or built first. Disposing of it leaves nothing running, nor
 * does an interrupt (Ctrl-C).
 */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const record = await createLab(options)
  const interrupted = () => {
    void endLab(record.id).finally(() => process.exit(130))
  }
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
  const dispose = () => {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
    return endLab(record.id)
  }
  return { ...attachLab(record), [Symbol.asyncDispose]: dispose }
}

/** As startLab, for those who hand the lab on to another process. */
export async function createLab({ name = 'test', kept }: LabOptions = {}): Promise<LabRecord> {
  await requireTools()
  await holdEngine()
  try {
    await sweep()
    return await assembleLab(name, kept ? KEPT : thisProcess(), await requireImages())
  } catch (error) {
    await releaseEngine()
    throw error
  }
}

/** A lab that somebody else started and ends; disposing of this handle does nothing. */
export function attachLab(record: LabRecord): Lab {
  return {
    id: record.id,
    registry: { url: `127.0.0.1:${record.registryPort}` },
    staging: attachHost(record.staging),
    production: attachHost(record.production),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

/** Takes a lab down, with its data, and an engine that the lab had to start itself. */
export async function endLab(id: string): Promise<void> {
  await removeLab(id)
  forgetLab(id)
  await releaseEngine()
}

/** Removes what labs have left behind whose process died. */
async function sweep(): Promise<void> {
  for (const [id, owner] of await labsInEngine()) {
    if (isAlive(owner)) continue
    await removeLab(id)
    forgetLab(id)
  }
}
