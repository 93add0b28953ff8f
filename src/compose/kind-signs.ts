import { type Mount, repositoryOf, restartPolicy, type Service } from './model.ts'

/** Why a service is of a kind, as a clause; undefined where nothing says so. */
export type Inference = (
  name: string,
  service: Service,
  services: Readonly<Record<string, Service>>,
) => string | undefined

export function awaited(name: string, _: Service, services: Readonly<Record<string, Service>>): string | undefined {
  const waiting = Object.entries(services).find(
    ([, { depends_on }]) => depends_on?.[name]?.condition === 'service_completed_successfully',
  )
  return waiting && `${waiting[0]} waits until it has completed`
}

/** By whole name: `redis-exporter` and a team's own `redis-worker` keep nothing. */
const STORES = new Set([
  ...['postgres', 'postgresql', 'postgis', 'timescaledb', 'pgvector', 'cockroach', 'mysql', 'mariadb', 'percona'],
  ...['mongo', 'mongodb', 'couchdb', 'cassandra', 'scylla', 'neo4j', 'clickhouse', 'clickhouse-server', 'influxdb'],
  ...['redis', 'redis-stack', 'redis-stack-server', 'valkey', 'keydb', 'dragonfly', 'etcd'],
  ...['rabbitmq', 'nats', 'kafka', 'cp-kafka', 'redpanda', 'zookeeper', 'cp-zookeeper', 'mosquitto'],
  ...['elasticsearch', 'opensearch', 'meilisearch', 'typesense', 'qdrant', 'weaviate', 'milvus'],
  ...['minio', 'seaweedfs'],
])
/** Words that a team's own code may be called by as well: only with something that it keeps. */
const PERHAPS_STORES = new Set(['db', 'database', 'registry', 'vault', 'chroma', 'garage', 'memcached', 'pictrs'])

export function store(name: string, service: Service): string | undefined {
  const image = imageName(service)
  if (STORES.has(image)) return `its image is ${image}, a store`
  const kept = keptBy(service)[0]
  if (kept === undefined) return undefined
  if (PERHAPS_STORES.has(image)) return `its image is ${image}, and it writes to ${nameOf(kept)}`
  return STORES.has(name) || PERHAPS_STORES.has(name) ? `it is called ${name} and writes to ${nameOf(kept)}` : undefined
}

/**
 * What the team builds itself is pinned by digest by now, or has its build section still: code that keeps files. So is an
 * application that runs workers or schedulers of the same image.
 */
export function keeper(
  name: string,
  service: Service,
  services: Readonly<Record<string, Service>>,
): string | undefined {
  const volume = keptBy(service).find(({ type }) => type === 'volume')
  if (volume === undefined || isBuilt(service) || isApplication(name, service, services)) return undefined
  return `it writes to the volume ${nameOf(volume)}`
}

function isApplication(name: string, service: Service, services: Readonly<Record<string, Service>>): boolean {
  const works = (other: string, text: Service): boolean =>
    wordOf(APPLICATIONS, [inItsCommand(text), ...(other === name ? [] : [inItsName(other)])]) !== undefined
  return Object.entries(services).some(
    ([other, text]) =>
      (other === name || (text.image !== undefined && text.image === service.image)) && works(other, text),
  )
}

function isBuilt({ build, image = '' }: Service): boolean {
  return build !== undefined || image.includes('@')
}

function keptBy({ volumes = [] }: Service): readonly Mount[] {
  return volumes.filter(({ type, read_only }) => (type === 'volume' || type === 'bind') && read_only !== true)
}

function nameOf({ source, target }: Mount): string {
  return source ?? target
}

const PROXIES = new Set(['nginx', 'traefik', 'caddy', 'haproxy', 'envoy', 'kong'])

/** In front of the others: what a service behind it depends on is none. */
export function proxy(name: string, service: Service, services: Readonly<Record<string, Service>>): string | undefined {
  const word = proxyWord(name, service)
  const isPublic = (service.ports ?? []).length > 0 || service.network_mode === 'host'
  const isBehind = Object.entries(services).some(
    ([other, text]) => text.depends_on?.[name] !== undefined && proxyWord(other, text) === undefined,
  )
  return word !== undefined && isPublic && !isBehind ? `${word} tells of a proxy, and it publishes a port` : undefined
}

/** `proxy` alone says enough of what the team made itself; others call many a thing so. */
function proxyWord(name: string, service: Service): string | undefined {
  const places = [inItsImage(service), inItsName(name)]
  return wordOf(PROXIES, places) ?? (isBuilt(service) ? wordOf(new Set(['proxy']), places) : undefined)
}

const CLOCKS = new Set([
  ...['beat', 'celerybeat', 'cron', 'crond', 'supercronic', 'ofelia', 'chadburn', 'watchtower'],
  ...['schedule', 'scheduler', 'rqscheduler', 'clock', 'clockwork', 'housekeeping', 'cleanup', 'backup'],
])
const QUEUES = new Set(['sidekiq', 'celery', 'rq', 'horizon', 'resque'])
const PERHAPS_QUEUES = new Set(['worker', 'consumer', 'queue'])
const APPLICATIONS = new Set([
  ...['beat', 'celerybeat', 'cron', 'scheduler', 'rqscheduler', 'clock', 'housekeeping'],
  ...['worker', 'celeryworker', ...QUEUES],
])

const byTheClock = (word: string | undefined): string | undefined =>
  word && `${word} says that it starts work by the clock`
const itself = (word: string | undefined): string | undefined =>
  word && `${word} says that it looks for its work itself`

export function clockInText(_: string, service: Service): string | undefined {
  return byTheClock(wordOf(CLOCKS, [inItsCommand(service), inItsImage(service)]))
}

export function clockInName(name: string): string | undefined {
  return byTheClock(wordOf(CLOCKS, [inItsName(name)]))
}

export function queueInText(_: string, service: Service): string | undefined {
  return itself(wordOf(QUEUES, [inItsCommand(service), inItsImage(service)]))
}

export function queueInName(name: string, service: Service): string | undefined {
  return itself(
    wordOf(PERHAPS_QUEUES, [inItsCommand(service), inItsImage(service)]) ?? wordOf(ALL_QUEUES, [inItsName(name)]),
  )
}
const ALL_QUEUES = new Set([...QUEUES, ...PERHAPS_QUEUES])

export function published(
  _: string,
  { ports = [], expose = [], labels = {}, environment = {} }: Service,
): string | undefined {
  if (ports.length > 0) return 'it publishes a port'
  if (expose.length > 0 || labels['estiba.port'] !== undefined) return 'it exposes a port'
  if (labels['traefik.enable'] === 'true') return 'its labels tell Traefik of it'
  return environment['VIRTUAL_HOST'] === undefined ? undefined : 'its VIRTUAL_HOST tells a proxy of it'
}

const ONCE = new Set([
  ...['init', 'initializer', 'migrate', 'migrator', 'migration', 'migrations'],
  ...['seed', 'seeder', 'setup', 'bootstrap'],
])

/** Not what is asked for its health, or what the engine would start over and over. */
export function once(name: string, service: Service): string | undefined {
  const word = wordOf(ONCE, [inItsName(name)])
  const policy = service.deploy?.restart_policy?.condition ?? restartPolicy(service).split(':')[0] ?? ''
  const ends = ['no', 'none', 'on-failure'].includes(policy) && service.healthcheck === undefined
  return word !== undefined && ends ? `${word} says that it runs once, and nothing starts it again` : undefined
}

export function asked(
  name: string,
  { healthcheck }: Service,
  services: Readonly<Record<string, Service>>,
): string | undefined {
  if (/https?:\/\//.test(healthcheck?.test?.join(' ') ?? '')) return 'its health check asks over HTTP'
  const caller = Object.entries(services).find(([other, text]) => other !== name && isNamedIn(name, text))
  if (caller !== undefined) return `the environment of ${caller[0]} has its address`
  const dependent = Object.entries(services).find(([, { depends_on }]) => depends_on?.[name] !== undefined)
  return dependent && `${dependent[0]} depends on it`
}

/** As `http://NAME`, `redis://user@NAME/0`, or `NAME:8000`. */
function isNamedIn(name: string, { environment = {} }: Service): boolean {
  const host = name.replaceAll('.', String.raw`\.`)
  const address = new RegExp(String.raw`//(?:[^/@]*@)?${host}(?:[:/]|$)|^${host}:\d+$`)
  return Object.values(environment).some((value) => address.test(String(value)))
}

const MIGRATIONS = new Set([
  ...['migrate', 'migrator', 'migration', 'migrations', 'alembic', 'prisma', 'flyway', 'liquibase', 'dbmate', 'goose'],
  ...['atlas', 'knex', 'typeorm', 'sequelize', 'drizzle'],
])

/** The word by which a service is seen to change the schema of a database; undefined where nothing says so. */
export function migrationIn(name: string, service: Service): string | undefined {
  return wordOf(MIGRATIONS, [inItsCommand(service), inItsImage(service), inItsName(name)])
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

/** The last part of its repository. */
function imageName({ image = '' }: Service): string {
  return repositoryOf(image).split('/').at(-1) ?? ''
}
