import { isReplaced } from '../../../src/compose/kinds.ts'
import { planMigration } from '../../../src/plan/migration.ts'
import { planSwitch } from '../../../src/plan/switch.ts'
import type { Manifest } from '../../../src/release/manifest.ts'
import type { Observation } from '../../../src/stack/observation.ts'
import { hostWith } from '../../support/stack.ts'
import type { Release } from '../effects/interpret.ts'
import type { Conduct, Container } from '../host/container.ts'
import { Host } from '../host/host.ts'
import type { Job } from '../runner.ts'
import { answersErrors, type Case, isIrreversible, isRenamed, isRolling, type World } from './cases.ts'
import { ONE, ONE_ROLLING, TWO, TWO_RENAMED, TWO_ROLLING } from './releases.ts'

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
