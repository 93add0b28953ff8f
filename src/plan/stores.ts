import { LABELLED } from '../compose/kinds.ts'
import type { Manifest, ManifestService } from '../release/manifest.ts'
import {
  type Container,
  containersOf,
  knownService,
  liveRelease,
  nameOf,
  type Observation,
  ownerOf,
} from '../stack/observation.ts'
import { ALIVE } from './changes.ts'
import { isMounted } from './mounts.ts'
import type { ServicePlan } from './plan.ts'

/**
 * Why a release may not be put on this host: a store that would be another one. The lines name the service and what
 * differs from what runs now.
 */
export function dataObjections(to: Manifest, observation: Observation): readonly string[] {
  const live = liveRelease(observation)
  return Object.entries(to.services).flatMap(([name, service]) => {
    const before = live?.services[name]
    if (service.kind !== 'data') {
      if (before?.kind !== 'data' || service.kindBecause === LABELLED) return []
      return [
        `services.${name} keeps data in the live release, and would be replaced as a ${service.kind} now (${service.kindBecause}); ` +
          `say what it is: label it estiba.kind: data, or estiba.kind: ${service.kind}`,
      ]
    }
    const job = service.dependsOn.find((other) => to.services[other]?.kind === 'job')
    if (job !== undefined && containersOf(observation, name).length === 0)
      return [
        `services.${name} keeps data and waits for the job ${job}, but a deploy starts stores before anything else; start it ` +
          `once by hand on the server (docker compose up --detach ${name}), or do without that depends_on`,
      ]
    const all = containersOf(observation, name)
    if (all.length > service.replicas) return [ambiguous(name, all)]
    const running = all[0]
    const isAsReleased = running === undefined || running.image === before?.image
    if (before && isAsReleased)
      return before.definition === service.definition ? [] : [differs(name, describe(before, service))]
    if (running === undefined) return []
    const lost = service.mounts.filter((mount) => !isMounted(mount, running))
    return [
      ...(running.image === service.image ? [] : [differs(name, `image ${running.image} -> ${service.image}`)]),
      ...lost.map((mount) => differs(name, `nothing is mounted as ${mount} now`)),
    ]
  })
}

/** Compose keeps one of them by an order of its own, and a deploy does not guess which has the data. */
function ambiguous(name: string, containers: readonly Container[]): string {
  const list = containers.map((each) => `${nameOf(each)} (${each.status})`).join(', ')
  return (
    `services.${name} keeps data and has ${containers.length} containers: ${list}. An interrupted or scaled \`up\` leaves such; ` +
    'see on the server which one has the data, and remove the other: docker rm NAME'
  )
}

function differs(name: string, what: string): string {
  return (
    `services.${name} keeps data and would become another one: ${what}. A deploy never recreates a store: ` +
    'change it by hand in a maintenance window, or put the line back. If it keeps nothing, label it estiba.kind: web or worker'
  )
}

function describe(before: ManifestService, after: ManifestService): string {
  if (before.image !== after.image) return `image ${before.image} -> ${after.image}`
  if (before.mounts.join() !== after.mounts.join())
    return `mounts ${before.mounts.join(', ')} -> ${after.mounts.join(', ')}`
  return 'its definition (environment, command, ports or the like) changed'
}

/**
 * Stores that the release no longer has, and what was started by hand and is none of its services: all of it goes on as it
 * is, which the plan says each time.
 */
export function leftOutside(to: Manifest, observation: Observation): readonly ServicePlan[] {
  const outside = observation.containers.filter((container) => isUnnamed(container, to))
  const live = liveRelease(observation)?.services ?? {}
  return [...Map.groupBy(outside, ownerOf)].flatMap(([name, containers]) => {
    const known = knownService(name, observation)
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

/** Of no service of the release; one-off containers apart. */
function isUnnamed(container: Container, { services }: Manifest): boolean {
  return !(ownerOf(container) in services) && container.labels['com.docker.compose.oneoff'] !== 'True'
}

/**
 * Why a release may not be put on this host: a store of it would start on the data of another container that goes on
 * running, or that the engine may start again. That is what becomes of a store that was given another name.
 */
export function sharedDataObjections(to: Manifest, observation: Observation): readonly string[] {
  const others = observation.containers.filter(
    (container) => isUnnamed(container, to) && (ALIVE.includes(container.status) || container.restart !== 'no'),
  )
  return Object.entries(to.services).flatMap(([name, service]) => {
    if (service.kind !== 'data' || containersOf(observation, name).length > 0) return []
    return others.flatMap((other) => {
      const shared = other.mounts.find((mount) => mount.RW !== false && isWrittenBy(service, mount))
      return shared === undefined ? [] : [sharing(name, sourceOf(shared), other)]
    })
  })
}

type Mount = Container['mounts'][number]

function sourceOf({ Type, Source, Name = Source }: Mount): string {
  return Type === 'volume' ? Name : Source
}

/** A release of an earlier version has the names of volumes as the file has them, without the project's in front. */
function isWrittenBy({ writes, mounts }: ManifestService, mount: Mount): boolean {
  const found = sourceOf(mount)
  if (writes !== undefined) return writes.includes(found)
  const sources = mounts.map((each) => each.slice(0, each.lastIndexOf(':')))
  return sources.some((source) => found === source || (mount.Type === 'volume' && found.endsWith(`_${source}`)))
}

function sharing(name: string, source: string, other: Container): string {
  const container = nameOf(other)
  const old = ownerOf(other)
  return (
    `services.${name} would write to ${source}, to which ${container}, a container of the service ${old} that the release does ` +
    `not have, writes as well; two stores on the same data destroy it, and a deploy never stops one. Keep the name ${old}; or ` +
    `rename it by hand in a maintenance window: back it up, run \`docker stop ${container} && docker rm ${container}\` on the ` +
    `server (what it keeps in ${source} stays), and deploy again at once, which starts ${name} on it`
  )
}
