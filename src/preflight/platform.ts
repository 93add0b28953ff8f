import type { HostFacts } from '../stack/host-facts.ts'
import type { Demand } from './demand.ts'

/** Images that were not built for the host's processor. */
export function platformProblems({ engine }: HostFacts, demand: Demand | undefined): readonly string[] {
  if (engine === undefined) return []
  return (demand?.images ?? []).flatMap(({ service, image, platforms, platform }) => {
    // Who names a platform has arranged for it, by emulation for example.
    if (platforms === undefined || platform !== undefined) return []
    const names = Object.keys(platforms)
    if (names.length === 0 || names.some((name) => `${name}/`.startsWith(`${engine.platform}/`))) return []
    return [
      `services.${service}: ${image} is built for ${names.join(', ')}, and the host is ${engine.platform}; ` +
        `build it for that too: build.platforms: [${[...names, engine.platform].join(', ')}] in the compose file`,
    ]
  })
}
