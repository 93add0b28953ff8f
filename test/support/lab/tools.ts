import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { addSuite, aptInstall, canInstall, candidate, updateLists } from './apt.ts'
import { cacheFolder, inCache } from './cache.ts'
import { findOnPath } from './find-on-path.ts'
import { succeeds } from './process.ts'

export { tool, type ToolName } from './ci-tools.ts'

/** Programs of the system that the lab calls, with the Debian package each comes from. */
const programs = {
  'ssh-keygen': 'openssh-client',
  ssh: 'openssh-client',
  tar: 'tar',
  git: 'git',
} as const

/** The suite of Debian that has Compose 2; older ones have only its predecessor. */
const SUITE_WITH_COMPOSE = 'trixie'

/**
 * Sees to it that the programs of the lab are there: docker with compose and buildx first on PATH, ssh and its keygen, and
 * debootstrap where images are made from packages. Installs what is missing on a bare Debian or Ubuntu as root; elsewhere
 * throws with what is missing and how to get it. The engine itself is `holdEngine`'s.
 */
export async function requireTools(): Promise<void> {
  if (process.platform !== 'linux')
    throw new Error('The lab needs Linux: its servers share the kernel of this machine.')
  await requirePrograms(canInstall() ? { ...programs, debootstrap: 'debootstrap' } : programs)
  if (!(await exportDocker())) {
    if (!canInstall()) throw new Error(explainDocker())
    await installDocker()
    if (!(await exportDocker())) throw new Error(`Docker was installed, yet it does not answer.\n${explainDocker()}`)
  }
}

/** Sees to it that programs are there: program -> the Debian package that has it. */
export async function requirePrograms(needed: Readonly<Record<string, string>>): Promise<void> {
  const absent = Object.entries(needed).filter(([program]) => findOnPath(program).length === 0)
  const packages = [...new Set(absent.map(([, name]) => name))]
  if (packages.length === 0) return
  if (canInstall()) return aptInstall(packages)
  throw new Error(`The packages ${packages.join(', ')} are missing. Install them, or run as root on Debian or Ubuntu.`)
}

/**
 * Puts the first docker that knows compose and buildx first on PATH, for this process and its children. An old client
 * without plugins may shadow a good one; a folder with one link moves nothing else to the front.
 */
async function exportDocker(): Promise<boolean> {
  for (const [index, path] of findOnPath('docker').entries()) {
    if (!(await succeeds([path, 'compose', 'version'])) || !(await succeeds([path, 'buildx', 'version']))) continue
    if (index > 0) putFirst(path)
    return true
  }
  return false
}

function putFirst(docker: string): void {
  const folder = join(cacheFolder, 'bin', String(process.pid))
  mkdirSync(folder, { recursive: true })
  const link = inCache('bin', String(process.pid), 'docker')
  rmSync(link, { force: true })
  symlinkSync(docker, link)
  process.env['PATH'] = `${folder}${delimiter}${process.env['PATH'] ?? ''}`
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true })
  })
}

async function installDocker(): Promise<void> {
  await updateLists()
  // Ubuntu calls it docker-compose-v2; in Debian docker-compose is the old one up to version 12.
  const ubuntu = await candidate('docker-compose-v2')
  const debian = (await candidate('docker-compose'))?.replace(/^\d+:/, '')
  const own = ubuntu !== undefined || Number.parseInt(debian ?? '0') >= 2
  if (!own) await addSuite(SUITE_WITH_COMPOSE)
  const compose = ubuntu === undefined ? 'docker-compose' : 'docker-compose-v2'
  const wanted = ['docker.io', 'docker-cli', compose, 'docker-buildx']
  const known = await Promise.all(wanted.map(candidate))
  const there = wanted.filter((_, index) => known[index] !== undefined)
  await aptInstall([...there.map((name) => (own ? name : `${name}/${SUITE_WITH_COMPOSE}`)), 'iptables'])
}

function explainDocker(): string {
  return [
    'The lab needs a Docker engine with Compose 2 and buildx (`docker compose version` and `docker buildx version` must work).',
    'Install Docker Engine as its manual says, or run as root on a bare Debian or Ubuntu, where the lab installs it.',
  ].join('\n')
}
