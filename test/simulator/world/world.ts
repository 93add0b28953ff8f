import { isReplaced } from '../../../src/compose/kinds.ts'
import { planMigration } from '../../../src/plan/migration.ts'
import { planSwitch } from '../../../src/plan/switch.ts'
import type { Manifest } from '../../../src/release/manifest.ts'
import type { Observation } from '../../../src/stack/observation.ts'
import { hostWith, shopRelease, switchable } from '../../support/stack.ts'
import type { Release } from '../effects/interpret.ts'
import type { Conduct, Container } from '../host/container.ts'
import { Host } from '../host/host.ts'
import type { Job } from '../runner.ts'

/** What kind of release comes to what kind of host. */
export const WORLDS = [
  'new fine',
  'never healthy',
  'dies in trial',
  'answers errors',
  'old already bad',
  'irreversible migration',
  'irreversible migration, never healthy',
  'irreversible migration, answers errors',
  'renamed',
  'renamed, dies in trial',
  'irreversible migration, renamed',
  'rolling',
  'rolling, site never healthy',
  'rolling, dies in trial',
  'irreversible migration, rolling',
  'irreversible migration, rolling, site never healthy',
] as const
export type World = (typeof WORLDS)[number]

/** Whether the old code can't run on what the new one makes of the schema. */
export function isIrreversible(world: World): boolean {
  return world.startsWith('irreversible')
}

/** Whether the new release is healthy by its own check, and not by those that the job asks it with before the switch. */
export function answersErrors({ world, verb }: Case): boolean {
  return verb === 'deploy' && world.endsWith('answers errors')
}

/** Whether worker and scheduler have other names in the new release. */
function isRenamed(world: World): boolean {
  return world.includes('renamed')
}

/** Whether one web service goes after the other, of two. */
export function isRolling(world: World): boolean {
  return world.includes('rolling')
}

/** Where a migration forbids the way back, and the way on is not there either: each service goes on with what serves. */
export function staysMixed(world: World): boolean {
  return isIrreversible(world) && world.endsWith('site never healthy')
}

export const VERBS = ['deploy', 'rollback'] as const
export type Verb = (typeof VERBS)[number]

/** One thing to try: what is done on what kind of host. */
export interface Case {
  readonly world: World
  readonly verb: Verb
}

/** Seconds that a new release has to become healthy, that the check from outside takes, and of silence until it is taken back. */
export const TIMES = { healthyWithin: 4, checkTakes: 4, lease: 20 }

/** Seconds that a worker takes to end. */
const STOP = 6

const FINE: Conduct = { healthyAfter: 0.5, endsAfter: Infinity }
/** A worker's: it takes its time to end, and has no health check that would tell. */
const SLOW: Conduct = { healthyAfter: 0, endsAfter: Infinity }
/** A job's. */
const ENDS: Conduct = { healthyAfter: 0, endsAfter: 1 }
const NEVER_HEALTHY: Conduct = { healthyAfter: Infinity, endsAfter: Infinity }
const DIES_IN_TRIAL: Conduct = { healthyAfter: 0.5, endsAfter: 4 }

/** Policies of every kind: a scheduler that the engine is most eager to start, and an edge that a killed engine leaves down. */
const shop = {
  ...switchable,
  nginx: { ...switchable['nginx'], restart: 'unless-stopped' },
  api: {
    ...switchable['api'],
    restart: 'unless-stopped',
    depends_on: { db: {}, init: { condition: 'service_completed_successfully' } },
  },
  init: { depends_on: { db: {} } },
  worker: { restart: 'unless-stopped', deploy: { replicas: 1 } },
  beat: { image: 'beat', restart: 'always', depends_on: { db: {} } },
}

function release(version: string, digit: string, more: typeof SITE | object = {}): Manifest {
  const image = `ghcr.io/acme/api@sha256:${digit.repeat(64)}`
  return shopRelease(version, digit, { ...shop, beat: { ...shop.beat, image }, init: { ...shop.init, image }, ...more })
}

/** A second web service, which asks the first. */
const SITE = {
  site: {
    image: 'site',
    expose: ['3000'],
    labels: { 'estiba.kind': 'web' },
    restart: 'always',
    depends_on: { api: {} },
  },
}

function rolling(version: string, digit: string): Manifest {
  return { ...release(version, digit, SITE), strategy: 'rolling' }
}

/** Which an edge passes requests to. */
export const WEB: readonly string[] = ['api', 'site']

/** What they are called, in one release and in another. */
export const WORKERS: readonly string[] = ['worker', 'queue']

/** Of which there is always exactly one, whatever happens. */
export const SCHEDULERS: readonly string[] = ['beat', 'clock']

/** The same release with other names. */
function renamed(manifest: Manifest): Manifest {
  const names: Readonly<Record<string, string>> = { worker: 'queue', beat: 'clock' }
  const as = (name: string): string => names[name] ?? name
  return {
    ...manifest,
    services: Object.fromEntries(Object.entries(manifest.services).map(([name, service]) => [as(name), service])),
    order: manifest.order.map((layer) => layer.map(as)),
  }
}

const ONE = release('v1', '1')
const TWO = release('v2', '2')
const TWO_RENAMED = renamed(TWO)
const ONE_ROLLING = rolling('v1', '1')
const TWO_ROLLING = rolling('v2', '2')

/** Who is where: the release that serves before, and the one that is to serve. */
export interface Setting {
  readonly case: Case
  readonly host: Host
  readonly before: Manifest
  readonly to: Manifest
  /** Where the new release goes, and how its containers behave. */
  readonly release: Omit<Release, 'manifest'>
  readonly job: Omit<Job, 'check'>
}

/** A host on which the stack runs, and the real plan for what is to be done there. */
export function settingOf(tried: Case): Setting {
  const { before, to, plan, migration, ledger } = planned(tried)
  const host = new Host()
  const isBad = tried.world === 'old already bad'
  for (const container of containersOf(before, 'a', isBad ? { ...FINE, healthyAfter: Infinity } : FINE)) {
    host.engine.containers.push(container)
  }
  const kept = keptBefore(tried, to)
  host.engine.containers.push(...kept)
  host.disk.write('ledger.jsonl', ledger)
  host.disk.write('current', `releases/${before.id}/a${kept.length > 0 ? '-guard' : ''}`)
  host.disk.write('edge/live', 'slots/a')
  for (const id of ['v1', 'v2'])
    if (tried.verb === 'rollback' || id === 'v1') host.disk.write(`releases/${id}`, 'whole')
  host.disk.write('engine', `${host.engine.identity} ${host.boots}`)
  host.disk.syncAll()
  return {
    case: tried,
    host,
    before,
    to,
    release: { variant: plan.variant ?? 'plain', conduct: conductOf(tried.world), stopTakes: 1 },
    job: {
      opening: {
        id: 'tx',
        nonce: 'nonce',
        plan,
        lease: TIMES.lease,
        lockTimeout: 30,
        head: ledger.split('\n').length - 1,
      },
      migration,
      checkTakes: TIMES.checkTakes,
      answers: !answersErrors(tried),
    },
  }
}

const plans = new Map<string, ReturnType<typeof plan>>()

function planned(tried: Case): ReturnType<typeof plan> {
  const key = JSON.stringify(tried)
  const known = plans.get(key) ?? plan(tried)
  plans.set(key, known)
  return known
}

/** Observes the host as it will be built, and plans the real way from there. */
function plan(tried: Case) {
  const { world, verb } = tried
  const one = isRolling(world) ? ONE_ROLLING : ONE
  const two = isRolling(world) ? TWO_ROLLING : isRenamed(world) ? TWO_RENAMED : TWO
  const [before, to] = verb === 'deploy' ? [one, two] : [two, one]
  const observation = verb === 'deploy' ? hostWith(one) : hostWith(one, two)
  // Without the slots' networks, so that the plan has the steps that make them.
  const containers = containersOf(before, 'a', FINE).map(observed)
  const kept = keptBefore(tried, to).map(observed)
  const running: Observation = { ...observation, networks: [], containers, kept }
  return {
    before,
    to,
    plan: planSwitch({
      title: `${verb} ${to.version}`,
      to,
      observation: running,
      healthyWithin: TIMES.healthyWithin,
      keep: 5,
      drain: 30,
      from: verb === 'deploy' ? 'registry' : 'host',
      isAsked: verb === 'deploy',
    }),
    migration: isIrreversible(world)
      ? planMigration({ service: 'api', command: ['migrate'], database: 'db', oldCodeCanRun: false, deadline: 60 })
      : undefined,
    ledger: observation.ledger.map(({ tx, result }) => `${tx} ${result}\n`).join(''),
  }
}

function conductOf(world: World): Readonly<Record<string, Conduct>> {
  const isSiteBad = world.endsWith('site never healthy')
  const api =
    !isSiteBad && world.endsWith('never healthy')
      ? NEVER_HEALTHY
      : world.endsWith('dies in trial')
        ? DIES_IN_TRIAL
        : FINE
  return {
    api,
    site: isSiteBad ? NEVER_HEALTHY : FINE,
    worker: SLOW,
    queue: SLOW,
    beat: SLOW,
    clock: SLOW,
    nginx: FINE,
    init: ENDS,
  }
}

/** What an attempt before has left in the slot that is to be gone to: the very service that is to be made again. */
function keptBefore({ world, verb }: Case, to: Manifest): readonly Container[] {
  if (world !== 'never healthy' && !(world === 'new fine' && verb === 'rollback')) return []
  const [api] = containersOf(to, 'b', FINE).filter(({ service }) => service === 'api')
  if (!api) return []
  const labels = { ...api.labels, 'estiba.release': 'v0' }
  return [{ ...api, id: 'kept-api', labels, policy: 'no', status: 'exited', isStoppedByHand: true }]
}

function containersOf({ id, services }: Manifest, slot: string, ofApi: Conduct): readonly Container[] {
  return Object.entries(services).flatMap(([service, { kind, definition, image, restart }]) => {
    const isOfTheSet = isReplaced(kind)
    return {
      id: `old-${service}`,
      service,
      labels: {
        'com.docker.compose.service': service,
        ...(kind !== 'data' && { 'estiba.definition': definition }),
        ...(isOfTheSet && { 'estiba.slot': slot, 'estiba.release': id }),
      },
      image,
      conduct: service === 'api' ? ofApi : kind === 'job' ? ENDS : isReplaced(kind) && kind !== 'web' ? SLOW : FINE,
      isOneOff: false,
      stopTakes: isReplaced(kind) && kind !== 'web' ? STOP : 1,
      policy: restart as Container['policy'],
      status: kind === 'job' ? 'exited' : 'running',
      isStoppedByHand: false,
      isStopping: false,
      hasCompleted: kind === 'job',
      restarts: 0,
      startedAt: -60,
      life: 1,
    }
  })
}

/** As `observe.sh` would tell of it. */
function observed({ id, service, labels, image, policy, status }: Container): Observation['containers'][number] {
  const data =
    service === 'db'
      ? [{ Type: 'bind', Source: '/srv/shop/project/data', Destination: '/var/lib/postgresql/data' }]
      : []
  return {
    id,
    name: `/${id}`,
    status,
    labels,
    mounts: data,
    image,
    networks: [],
    restart: policy,
  }
}
