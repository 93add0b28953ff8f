import type { HostFacts } from '../stack/host-facts.ts'
import type { Demand } from './demand.ts'

/** What a processor runs beside its own programs. `fit_this_host` on the host has the same table. */
const ALSO: Readonly<Record<string, string>> = { amd64: '386', arm64: 'arm' }
const EMULATORS: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64', '386': 'i386' }

/** Images that were not built for the host's processor. */
export function platformProblems({ engine, emulators }: HostFacts, demand: Demand | undefined): readonly string[] {
  if (engine === undefined) return []
  return (demand?.images ?? []).flatMap(({ service, image, platforms, platform }) => {
    // Who names a platform has arranged for it.
    if (platforms === undefined || platform !== undefined) return []
    const names = Object.keys(platforms)
    if (names.length === 0 || names.some((name) => runsOn(engine.platform, name, emulators))) return []
    return [
      `services.${service}: ${image} is built for ${names.join(', ')}, and the host is ${engine.platform}; ` +
        `build it for that too: build.platforms: [${[...names, engine.platform].join(', ')}] in the compose file`,
    ]
  })
}

/** By itself, or by an emulator; whether the variant of an architecture fits, only a start can tell. */
function runsOn(host: string, image: string, emulators: readonly string[]): boolean {
  const [hostSystem, hostArchitecture = ''] = host.split('/')
  const [system, architecture = ''] = image.split('/')
  if (hostSystem !== system) return false
  return (
    architecture === hostArchitecture ||
    architecture === ALSO[hostArchitecture] ||
    emulators.includes(`qemu-${EMULATORS[architecture] ?? architecture}`) ||
    emulators.includes('rosetta')
  )
}
