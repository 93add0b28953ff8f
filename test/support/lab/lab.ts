import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from './cache.ts'
import { docker, LAB_LABEL, labsInEngine, OWNER_LABEL, removeLab } from './docker.ts'
import { holdEngine, releaseEngine } from './engine.ts'
import { attachHost, readKnownHosts, startHost, type HostRecord } from './host.ts'
import { requireImages, type LabImages } from './images/build.ts'
import { isAlive, KEPT, thisProcess } from './owner.ts'
import { findPorts, type HostPorts, type LabPorts } from './ports.ts'
import { output } from './process.ts'
import { requireTools } from './tools.ts'

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

/** A running lab as plain JSON. */
export interface LabRecord {
  readonly id: string
  readonly owner: string
  readonly registryPort: number
  readonly staging: HostRecord
  readonly production: HostRecord
}

/** Starts a lab; what is missing on this machine is installed or built first. Disposing of it leaves nothing running. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const record = await createLab(options)
  return { ...attachLab(record), [Symbol.asyncDispose]: () => endLab(record.id) }
}

/** As startLab, for those who hand the lab on to another process. */
export async function createLab({ name = 'test', kept }: LabOptions = {}): Promise<LabRecord> {
  await requireTools()
  await holdEngine()
  try {
    await sweep()
    const images = await requireImages()
    return await withFreePorts((ports) => assemble(name, kept ? KEPT : thisProcess(), images, ports))
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
  rmSync(labFolder(id), { recursive: true, force: true })
  await releaseEngine()
}

/** The labs that this user's processes have up, the kept ones included. */
export function runningLabs(): readonly LabRecord[] {
  const labs = join(cacheFolder, 'labs')
  if (!existsSync(labs)) return []
  return readdirSync(labs)
    .map((id) => join(labs, id, 'lab.json'))
    .filter((path) => existsSync(path))
    .map((path) => JSON.parse(readFileSync(path, 'utf8')) as LabRecord)
}

/** Where the private key of `deploy` lies as a file, for `ssh -i`. */
export const keyFile = (id: string) => join(labFolder(id), 'key')
export const knownHostsFile = (id: string) => join(labFolder(id), 'known_hosts')

const labFolder = (id: string) => join(cacheFolder, 'labs', id)

/** Removes what labs have left behind whose process died. */
async function sweep(): Promise<void> {
  for (const [id, owner] of await labsInEngine()) {
    if (isAlive(owner)) continue
    await removeLab(id)
    rmSync(labFolder(id), { recursive: true, force: true })
  }
}

async function withFreePorts<T>(work: (ports: LabPorts) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(await findPorts())
    } catch (error) {
      if (attempt === 5 || !/port is already allocated|address already in use/.test(String(error))) throw error
    }
  }
}

async function assemble(name: string, owner: string, images: LabImages, ports: LabPorts): Promise<LabRecord> {
  const id = `estiba-${name}-${randomBytes(4).toString('hex')}`
  mkdirSync(labFolder(id), { recursive: true, mode: 0o700 })
  try {
    await output(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', id, '-f', keyFile(id)])
    await startRegistry(id, owner, images.registry, ports.registry)
    const start = (host: string, itsPorts: HostPorts) => bringUpHost({ id, owner, images, host, ports, itsPorts })
    const [staging, production] = await Promise.all([
      start('staging', ports.staging),
      start('production', ports.production),
    ])
    const record = { id, owner, registryPort: ports.registry, staging, production }
    writeFileSync(knownHostsFile(id), staging.knownHosts + production.knownHosts)
    writeFileSync(join(labFolder(id), 'lab.json'), JSON.stringify(record), { mode: 0o600 })
    return record
  } catch (error) {
    await removeLab(id)
    rmSync(labFolder(id), { recursive: true, force: true })
    throw error
  }
}

async function startRegistry(id: string, owner: string, image: string, port: number): Promise<void> {
  const labels = ['--label', `${LAB_LABEL}=${id}`, '--label', `${OWNER_LABEL}=${owner}`]
  await docker('network', 'create', ...labels, id)
  const name = `${id}-registry`
  await docker(
    ...['run', '--detach', '--name', name, '--network', id, ...labels],
    ...['--publish', `127.0.0.1:${port}:5000`, image],
  )
}

interface HostWanted {
  readonly id: string
  readonly owner: string
  readonly images: LabImages
  readonly host: string
  readonly ports: LabPorts
  readonly itsPorts: HostPorts
}

async function bringUpHost({ id, owner, images, host, ports, itsPorts }: HostWanted): Promise<HostRecord> {
  const container = await startHost({
    name: host,
    lab: id,
    owner,
    image: images.host,
    network: id,
    ports: itsPorts,
    registryPort: ports.registry,
    authorizedKey: readFileSync(`${keyFile(id)}.pub`, 'utf8').trim(),
  })
  return {
    name: host,
    container,
    ports: itsPorts,
    privateKey: readFileSync(keyFile(id), 'utf8'),
    knownHosts: await readKnownHosts(container, itsPorts.ssh),
  }
}
