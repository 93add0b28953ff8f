import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { withLock } from './cache.ts'
import { output, progress } from './process.ts'

export interface AptSources {
  /** Base address of the archive that this machine installs from. */
  readonly mirror: string
  readonly keyring?: string
}

const DEB822 = '/etc/apt/sources.list.d/debian.sources'
const ONE_LINE = '/etc/apt/sources.list'

/** Whether packages can be installed here: Debian or Ubuntu, as root. */
export function canInstall(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
}

/** Where this Debian gets its packages from; undefined where that can't be told. */
export function readAptSources(): AptSources | undefined {
  const paths = [DEB822, ONE_LINE].filter((path) => existsSync(path))
  for (const path of paths) {
    const sources = parseAptSources(readFileSync(path, 'utf8'))
    if (sources !== undefined) return sources
  }
  return undefined
}

/** The first archive in a file of apt's, in either of its two formats (sources.list(5)). */
export function parseAptSources(text: string): AptSources | undefined {
  const { mirror } = /^(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s+(?<mirror>\S+)/m.exec(text)?.groups ?? {}
  const { keyring } = /(?:^Signed-By:\s*|\bsigned-by=)(?<keyring>\/[^\s\]]+)/m.exec(text)?.groups ?? {}
  if (mirror === undefined) return undefined
  return { mirror: mirror.replace(/\/$/, ''), ...(keyring === undefined ? {} : { keyring }) }
}

let updated: Promise<string> | undefined

/** Refreshes the package lists, once a process. */
export function updateLists(): Promise<string> {
  return (updated ??= apt('update'))
}

/**
 * Installs Debian packages and says which. `name/suite` takes that one from another suite; with `--target-release` instead,
 * what it depends on would be raised to that suite too, the C library included.
 */
export function aptInstall(packages: readonly string[]): Promise<void> {
  return withLock('apt', async () => {
    await updateLists()
    progress(`installs the packages ${packages.join(', ')}`)
    await apt('install', '--yes', '--no-install-recommends', ...packages)
  })
}

/** The version that apt would install, or undefined. */
export async function candidate(name: string): Promise<string | undefined> {
  const policy = await output(['apt-cache', 'policy', name])
  const { version } = /^\s*Candidate: (?<version>\S+)/m.exec(policy)?.groups ?? {}
  return version === '(none)' ? undefined : version
}

/**
 * Makes another suite of the machine's own archive known, pinned so low that nothing is taken from it unasked
 * (apt_preferences(5)).
 */
export async function addSuite(suite: string): Promise<void> {
  const sources = readAptSources()
  if (sources === undefined) throw new Error(`The package source of this machine can't be told from ${DEB822}.`)
  const { mirror, keyring } = sources
  const signed = keyring === undefined ? '' : `Signed-By: ${keyring}\n`
  writeFileSync(
    `/etc/apt/sources.list.d/${suite}.sources`,
    `Types: deb\nURIs: ${mirror}\nSuites: ${suite}\nComponents: main\n${signed}`,
  )
  writeFileSync(`/etc/apt/preferences.d/${suite}`, `Package: *\nPin: release n=${suite}\nPin-Priority: 50\n`)
  updated = undefined
  await updateLists()
}

function apt(...args: readonly string[]): Promise<string> {
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  return output(['apt-get', '-q', '-o', 'DPkg::Lock::Timeout=300', ...args], { env })
}
