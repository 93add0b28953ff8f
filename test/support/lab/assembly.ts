import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { docker, LAB_LABEL, OWNER_LABEL, removeLab } from './docker.ts'
import { readKnownHosts, startHost, type HostRecord } from './host.ts'
import type { LabImages } from './images/build.ts'
import { findPorts, type HostPorts, type LabPorts } from './ports.ts'
import { output } from './process.ts'
import { forgetLab, keyFile, knownHostsFile, labFolder, type LabRecord } from './records.ts'

/** Starts the containers of a lab, on ports that no other lab has. What a failure leaves half done is removed. */
export function assembleLab(name: string, owner: string, images: LabImages): Promise<LabRecord> {
  return withFreePorts((ports) => assemble(name, owner, images, ports))
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
    forgetLab(id)
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
