import type { Manifest, ManifestService } from '../release/manifest.ts'
import { type Container, containersOf, liveRelease, type Observation } from '../stack/observation.ts'
import { ALIVE } from './changes.ts'
import type { ServicePlan } from './plan.ts'

function ownerOf(labels: Container['labels']): string {
  return labels['com.docker.compose.service'] ?? ''
}

/**
 * Stores that the release no longer has, and what was started by hand and is none of its services: all of it goes on as it
 * is, which the plan says each time.
 */
export function leftOutside(to: Manifest, observation: Observation): readonly ServicePlan[] {
  const outside = observation.containers.filter((container) => isOutside(container, to))
  const live = liveRelease(observation)?.services ?? {}
  return [...Map.groupBy(outside, ({ labels }) => ownerOf(labels))].flatMap(([name, containers]) => {
    const known = live[name] ?? observation.releases.findLast(({ services }) => name in services)?.services[name]
    const isOurs = name in live || containers.every(({ labels }) => labels['estiba.definition'] !== undefined)
    if (known?.kind !== 'data' && isOurs) return []
    const goesOn = containers.some(({ status }) => ALIVE.includes(status)) ? 'it goes on running' : 'it stays as it is'
    const because =
      known?.kind === 'data'
        ? `the release has it no more, but a deploy never touches data: ${goesOn} until somebody removes it by hand`
        : `no release has it: ${goesOn}`
    return [{ name, kind: known?.kind ?? 'unknown', action: 'leave' as const, because, added: 0 }]
  })
}

/** One-off containers apart. */
function isOutside({ labels }: Container, { services }: Manifest): boolean {
  return !(ownerOf(labels) in services) && labels['com.docker.compose.oneoff'] !== 'True'
}

/**
 * Why a release may not be put on this host: a store of it would start on the data of another container that goes on
 * running, or that the engine may start again. That is what becomes of a store that was given another name.
 */
export function sharedDataObjections(to: Manifest, observation: Observation): readonly string[] {
  const others = observation.containers.filter(
    (container) => isOutside(container, to) && (ALIVE.includes(container.status) || container.restart !== 'no'),
  )
  return Object.entries(to.services).flatMap(([name, service]) => {
    if (service.kind !== 'data' || containersOf(observation, name).length > 0) return []
    return others.flatMap((other) => {
      const shared = writtenBy(service).find((source) => writes(other, source))
      return shared === undefined ? [] : [objection(name, shared, other)]
    })
  })
}

/** What a release of an earlier version says less exactly. */
function writtenBy({ writes, mounts }: ManifestService): readonly string[] {
  return writes ?? mounts.map((mount) => mount.slice(0, mount.lastIndexOf(':')))
}

function writes({ mounts }: Container, source: string): boolean {
  return mounts.some(
    ({ Type, Source, Name = '', RW }) =>
      RW !== false && (Type === 'bind' ? Source === source : Name === source || Name.endsWith(`_${source}`)),
  )
}

function objection(name: string, source: string, other: Container): string {
  const container = other.name.replace(/^\//, '')
  const old = ownerOf(other.labels)
  return (
    `services.${name} would write to ${source}, to which ${container}, a container of the service ${old} that the release does ` +
    `not have, writes as well; two stores on the same data destroy it, and a deploy never stops one. Keep the name ${old}; or ` +
    `rename it by hand in a maintenance window: back it up, run \`docker stop ${container} && docker rm ${container}\` on the ` +
    `server (what it keeps in ${source} stays), and deploy again at once, which starts ${name} on it`
  )
}
