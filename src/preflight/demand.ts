import { replicas, type ComposeModel, type Service } from '../compose/model.ts'
import type { BuiltImages } from '../release/images.ts'

/** What a release asks of its host, as far as that is known before it is there. */
export interface Demand {
  readonly images: readonly WantedImage[]
  readonly ports: readonly WantedPort[]
  /** Of the services that a deploy may start anew. */
  readonly memory: readonly WantedMemory[]
}

export interface WantedImage {
  /** The first service that runs it. */
  readonly service: string
  readonly image: string
  /** Compressed bytes by platform; undefined for an image that somebody else built. */
  readonly platforms: Readonly<Record<string, number>> | undefined
  /** `platform` of the service: the author wants that one, wherever it runs. */
  readonly platform: string | undefined
}

export interface WantedPort {
  readonly service: string
  readonly protocol: string
  /** `any` or what the compose file says. */
  readonly address: string
  readonly from: number
  readonly to: number
}

export interface WantedMemory {
  readonly service: string
  readonly replicas: number
  /** Bytes that a container may use at most, and that it needs at least, as far as the compose file says. */
  readonly limit: number | undefined
  readonly reservation: number | undefined
}

/** Reads the demand from the resolved, pinned compose files. */
export function demandOf(model: ComposeModel, built: BuiltImages): Demand {
  const services = Object.entries(model.services)
  return {
    images: wantedImages(services, built),
    ports: services.flatMap(([name, service]) => (service.ports ?? []).flatMap((port) => wantedPort(name, port))),
    memory: services.map(([name, service]) => wantedMemory(name, service)),
  }
}

function wantedImages(services: readonly (readonly [string, Service])[], built: BuiltImages): WantedImage[] {
  const byName = new Map(Object.values(built).map((image) => [`${image.repository}@${image.digest}`, image]))
  const wanted = new Map<string, WantedImage>()
  for (const [service, { image = '', platform }] of services) {
    if (image === '' || wanted.has(image)) continue
    wanted.set(image, {
      service,
      image,
      platforms: byName.get(image)?.platforms,
      platform: typeof platform === 'string' ? platform : undefined,
    })
  }
  return [...wanted.values()]
}

/** The long form, which `docker compose config` writes; `published` may be a range, or absent for any free port. */
function wantedPort(service: string, port: unknown): WantedPort[] {
  const { published = '', protocol = 'tcp', host_ip: address = '' } = port as Port
  const { from, to } =
    /^(?<from>\d+)(?:-(?<to>\d+))?$/.exec(typeof published === 'number' ? String(published) : published)?.groups ?? {}
  if (from === undefined || Number(from) === 0) return []
  const isAny = ['', '0.0.0.0', '::'].includes(address)
  return [
    {
      service,
      protocol,
      address: isAny ? 'any' : address,
      from: Number(from),
      to: Number(to ?? from),
    },
  ]
}

interface Port {
  readonly published?: string | number
  readonly protocol?: string
  readonly host_ip?: string
}

function wantedMemory(name: string, service: Service): WantedMemory {
  const { limits, reservations } = (service.deploy as { resources?: Resources } | undefined)?.resources ?? {}
  return {
    service: name,
    replicas: replicas(service),
    limit: bytes(service['mem_limit'] ?? limits?.memory),
    reservation: bytes(service['mem_reservation'] ?? reservations?.memory),
  }
}

interface Resources {
  readonly limits?: { readonly memory?: unknown }
  readonly reservations?: { readonly memory?: unknown }
}

/** `docker compose config` writes bytes, as text; 0 means no limit. */
function bytes(value: unknown): number | undefined {
  const count = typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN
  return count > 0 ? count : undefined
}
