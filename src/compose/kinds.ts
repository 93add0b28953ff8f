import { type Mount, repositoryOf, type Service } from './model.ts'

/**
 * What a service is to a deploy. `edge` takes the visitors' requests and passes them on, `data` keeps what must not be lost
 * and is outside every deploy's reach. A release replaces the others: of a `web` service old and new may run beside each
 * other, of an `app` (a worker, a scheduler) they take turns.
 */
export const KINDS = ['edge', 'web', 'app', 'data'] as const
export type Kind = (typeof KINDS)[number]

/** Whether a release replaces it: together with all others of which that is true, where there are slots. */
export function isReplaced(kind: Kind | undefined): boolean {
  return kind === 'web' || kind === 'app'
}

export interface KindOf {
  readonly kind: Kind
  /** Why, for the plan. */
  readonly because: string
}

const PROXIES = ['nginx', 'traefik', 'caddy', 'haproxy']
/** By whole name: `redis-exporter` and a team's own `redis-worker` keep nothing. */
const STORES = new Set([
  ...['postgres', 'postgresql', 'postgis', 'timescaledb', 'pgvector', 'mysql', 'mariadb', 'mongo', 'mongodb'],
  ...['redis', 'redis-stack', 'redis-stack-server', 'valkey', 'keydb', 'minio', 'rabbitmq', 'nats'],
  ...['elasticsearch', 'opensearch', 'clickhouse-server', 'influxdb'],
])

/** Infers the kind of a service, or takes the label `estiba.kind`. Returns the problem as a string when the label is none. */
export function kindOf(name: string, service: Service): KindOf | string {
  const label = service.labels?.['estiba.kind']
  if (label !== undefined) {
    const kind = KINDS.find((known) => known === label)
    return kind
      ? { kind, because: 'its label estiba.kind says so' }
      : `services.${name}.labels: estiba.kind is "${label}"; write one of ${KINDS.join(', ')}`
  }
  const image =
    repositoryOf(service.image ?? '')
      .split('/')
      .at(-1) ?? ''
  if (STORES.has(image)) return { kind: 'data', because: `its image is ${image}, a store` }
  if (PROXIES.some((proxy) => image.startsWith(proxy)) && (service.ports ?? []).length > 0)
    return { kind: 'edge', because: `its image is ${image}, a proxy, and it publishes a port` }
  const volume = service.volumes?.find((mount) => mount.type === 'volume' && !isReadOnly(mount))
  // What the team builds itself is pinned by digest by now, or has its build section still: code that keeps files.
  const isBuilt = service.build !== undefined || (service.image ?? '').includes('@')
  if (volume !== undefined && !isBuilt)
    return { kind: 'data', because: `it writes to the volume ${volume.source ?? volume.target}` }
  return { kind: 'app', because: 'it is neither a proxy nor a store' }
}

export function isReadOnly(mount: Mount): boolean {
  return mount.read_only === true
}
