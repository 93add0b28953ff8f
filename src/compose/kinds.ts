import { type Mount, repositoryOf, restartPolicy, type Service } from './model.ts'

/**
 * What a service is to a deploy. `edge` takes the visitors' requests and passes them on, `data` keeps what must not be lost
 * and is outside every deploy's reach. A release replaces the others: `web` answers requests, a `worker` looks for its work
 * itself, a `scheduler` starts work by the clock and must never run twice, a `job` runs to its end.
 */
export const KINDS = ['edge', 'web', 'worker', 'scheduler', 'job', 'data'] as const
export type Kind = (typeof KINDS)[number]

/** Whether a release replaces it: together with all others of which that is true, where there are slots. */
export function isReplaced(kind: Kind | undefined): boolean {
  return kind !== undefined && kind !== 'edge' && kind !== 'data'
}

export interface KindOf {
  readonly kind: Kind
  /** Why, for the plan. */
  readonly because: string
}

/** Infers the kind of a service, or takes the label `estiba.kind`. Returns the problem as a string when the label is none. */
export function kindOf(name: string, services: Readonly<Record<string, Service>>): KindOf | string {
  const service = services[name] ?? {}
  const label = service.labels?.['estiba.kind']
  if (label !== undefined) {
    const kind = KINDS.find((known) => known === label)
    return kind
      ? { kind, because: 'its label estiba.kind says so' }
      : `services.${name}.labels: estiba.kind is "${label}"; write one of ${KINDS.join(', ')}`
  }
  for (const infer of INFERENCES) {
    const inferred = infer(name, service, services)
    if (inferred !== undefined) return { kind: inferred[0], because: inferred[1] }
  }
  return { kind: 'worker', because: 'nothing says that anybody asks it' }
}

type Inference = (
  name: string,
  service: Service,
  services: Readonly<Record<string, Service>>,
) => readonly [kind: Kind, because: string] | undefined

/** The first that knows an answer counts. What might lose something comes early. */
const INFERENCES: readonly Inference[] = [awaited, store, proxy, keeper, once, clock, queue, asked]

/** By whole name: `redis-exporter` and a team's own `redis-worker` keep nothing. */
const STORES = new Set([
  ...['postgres', 'postgresql', 'postgis', 'timescaledb', 'pgvector', 'cockroach', 'mysql', 'mariadb', 'percona'],
  ...['mongo', 'mongodb', 'couchdb', 'cassandra', 'scylla', 'neo4j', 'clickhouse', 'clickhouse-server', 'influxdb'],
  ...['redis', 'redis-stack', 'redis-stack-server', 'valkey', 'keydb', 'dragonfly', 'memcached', 'etcd'],
  ...['rabbitmq', 'nats', 'kafka', 'cp-kafka', 'redpanda', 'zookeeper', 'cp-zookeeper', 'mosquitto'],
  ...['elasticsearch', 'opensearch', 'meilisearch', 'typesense', 'qdrant', 'weaviate', 'chroma', 'milvus'],
  ...['minio', 'seaweedfs', 'garage', 'vault', 'registry', 'pictrs', 'db', 'database'],
])

/** Also one that the team builds itself, if it is called so and keeps something. */
function store(name: string, service: Service): ReturnType<Inference> {
  const image = imageName(service)
  if (STORES.has(image)) return ['data', `its image is ${image}, a store`]
  const kept = keptBy(service)[0]
  return STORES.has(name) && kept !== undefined
    ? ['data', `it is called ${name} and writes to ${nameOf(kept)}`]
    : undefined
}

const PROXIES = new Set(['nginx', 'traefik', 'caddy', 'haproxy', 'envoy', 'kong', 'proxy'])

function proxy(name: string, service: Service): ReturnType<Inference> {
  const word = wordOf(PROXIES, [inItsImage(service), inItsName(name)])
  const isPublic = (service.ports ?? []).length > 0 || service.network_mode === 'host'
  return word !== undefined && isPublic ? ['edge', `${word} tells of a proxy, and it publishes a port`] : undefined
}

function awaited(name: string, _: Service, services: Readonly<Record<string, Service>>): ReturnType<Inference> {
  const waiting = Object.entries(services).find(
    ([, { depends_on }]) => depends_on?.[name]?.condition === 'service_completed_successfully',
  )
  return waiting && ['job', `${waiting[0]} waits until it has completed`]
}

/**
 * What the team builds itself is pinned by digest by now, or has its build section still: code that keeps files. So is what
 * shares its volume, or its image with another command.
 */
function keeper(name: string, service: Service, services: Readonly<Record<string, Service>>): ReturnType<Inference> {
  const isBuilt = service.build !== undefined || (service.image ?? '').includes('@')
  const volume = keptBy(service).find(({ type }) => type === 'volume')
  if (volume === undefined || isBuilt) return undefined
  const isApplication = Object.entries(services).some(
    ([other, text]) =>
      other !== name &&
      (text.volumes?.some(({ source }) => source !== undefined && source === volume.source) ||
        (text.image !== undefined &&
          text.image === service.image &&
          String(text.command ?? '') !== String(service.command ?? ''))),
  )
  return isApplication ? undefined : ['data', `it writes to the volume ${nameOf(volume)}`]
}

function keptBy({ volumes = [] }: Service): readonly Mount[] {
  return volumes.filter(({ type, read_only }) => (type === 'volume' || type === 'bind') && read_only !== true)
}

function nameOf({ source, target }: Mount): string {
  return source ?? target
}

const ONCE = new Set([
  ...['init', 'initializer', 'migrate', 'migrator', 'migration', 'migrations'],
  ...['seed', 'seeder', 'setup', 'bootstrap'],
])

/** Not where the engine would start it over and over. */
function once(name: string, service: Service): ReturnType<Inference> {
  const word = wordOf(ONCE, [inItsName(name)])
  const ends = ['no', 'on-failure'].includes(restartPolicy(service).split(':')[0] ?? '')
  return word !== undefined && ends ? ['job', `${word} says that it runs once, and nothing starts it again`] : undefined
}

const CLOCKS = new Set([
  ...['beat', 'celerybeat', 'cron', 'crond', 'supercronic', 'ofelia', 'chadburn', 'watchtower'],
  ...['schedule', 'scheduler', 'rqscheduler', 'clock', 'clockwork', 'housekeeping', 'cleanup', 'backup'],
])

function clock(name: string, service: Service): ReturnType<Inference> {
  const word = wordOf(CLOCKS, [inItsCommand(service), inItsImage(service), inItsName(name)])
  return word === undefined ? undefined : ['scheduler', `${word} says that it starts work by the clock`]
}

const QUEUES = new Set(['worker', 'workers', 'sidekiq', 'celery', 'rq', 'horizon', 'resque', 'consumer', 'queue'])

function queue(name: string, service: Service): ReturnType<Inference> {
  const word = wordOf(QUEUES, [inItsCommand(service), inItsImage(service), inItsName(name)])
  return word === undefined ? undefined : ['worker', `${word} says that it looks for its work itself`]
}

type Place = readonly [place: string, text: string]
const inItsCommand = ({ command, entrypoint }: Service): Place => [
  'in its command',
  [entrypoint ?? [], command ?? []].flat().join(' '),
]
const inItsImage = (service: Service): Place => ['in the name of its image', imageName(service)]
const inItsName = (name: string): Place => ['in its name', name]

/** The first of the words that one of the places has. */
function wordOf(known: ReadonlySet<string>, places: readonly Place[]): string | undefined {
  for (const [place, text] of places) {
    const word = text.split(/[^A-Za-z]+/).find((each) => known.has(each.toLowerCase()))
    if (word !== undefined) return `\`${word}\` ${place}`
  }
  return undefined
}

function asked(name: string, service: Service, services: Readonly<Record<string, Service>>): ReturnType<Inference> {
  const { ports = [], expose = [], labels = {}, environment = {}, healthcheck } = service
  if (ports.length > 0) return ['web', 'it publishes a port']
  if (expose.length > 0 || labels['estiba.port'] !== undefined) return ['web', 'it exposes a port']
  if (labels['traefik.enable'] === 'true') return ['web', 'its labels tell Traefik of it']
  if (environment['VIRTUAL_HOST'] !== undefined) return ['web', 'its VIRTUAL_HOST tells a proxy of it']
  if (/https?:\/\//.test(healthcheck?.test?.join(' ') ?? '')) return ['web', 'its health check asks over HTTP']
  const caller = Object.entries(services).find(([other, text]) => other !== name && isNamedIn(name, text))
  if (caller !== undefined) return ['web', `the environment of ${caller[0]} has its address`]
  const dependent = Object.entries(services).find(([, { depends_on }]) => depends_on?.[name] !== undefined)
  return dependent && ['web', `${dependent[0]} depends on it`]
}

/** As `http://NAME`, `redis://user@NAME/0`, or `NAME:8000`. */
function isNamedIn(name: string, { environment = {} }: Service): boolean {
  const host = name.replaceAll('.', String.raw`\.`)
  const address = new RegExp(String.raw`//(?:[^/@]*@)?${host}(?:[:/]|$)|^${host}:\d+$`)
  return Object.values(environment).some((value) => address.test(String(value)))
}

/** The last part of its repository. */
function imageName({ image = '' }: Service): string {
  return repositoryOf(image).split('/').at(-1) ?? ''
}
