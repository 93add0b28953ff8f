import { isReplaced } from '../compose/kinds.ts'
import { isSwitch } from '../edge/edge.ts'
import type { Variant } from '../edge/slots.ts'
import type { Manifest, ManifestService } from '../release/manifest.ts'
import { type Container, containersOf, liveRelease, type Observation } from '../stack/observation.ts'
import { whereLive } from './layout.ts'
import { isApart, slotNetworks } from './networks.ts'
import { isMounted, targetOf } from './mounts.ts'
import { names } from './words.ts'

/** What a release means for one service, given what runs. */
export interface Change {
  readonly name: string
  readonly service: ManifestService
  /** `run`: the container of a job is there, and runs again. `repair`: containers of this very definition are there, but not all of them run; none of them may be lost. `retire`: the release has the service no more. */
  readonly action: 'create' | 'repair' | 'replace' | 'run' | 'leave' | 'retire'
  readonly because: string
  /** Of a store or an edge that stays: it runs, but not in the networks of both slots, where the others look for it. */
  readonly joins: boolean
  /** The containers that run now: when they are replaced, the way back starts them again. */
  readonly running: readonly Container[]
  /** Beside enough that run: of an interrupted or scaled `up` by hand, or of a release that failed. */
  readonly idle: readonly Container[]
  /** Those that run, and the ones that the engine restarts over and over, or that are paused: they must be stopped. */
  readonly alive: readonly Container[]
}

/** Words of the engine for a container that must be stopped before it is at rest. */
export const ALIVE: readonly string[] = ['running', 'restarting', 'paused']

/**
 * Compares a release with what runs, service by service; edges and the others in the order in which they start.
 *
 * @param jobs whether they run; else they are left as they are
 */
export function changesFor(to: Manifest, observation: Observation, jobs: 'run' | 'left'): readonly Change[] {
  const live = liveRelease(observation)
  const where = whereLive(to, observation)
  const dataFirst = Object.keys(to.services).filter((name) => to.services[name]?.kind === 'data')
  const changes = [...dataFirst, ...to.order.flat()].flatMap((name) => {
    const service = to.services[name]
    return service ? [changeOf(name, service, live?.services[name], observation, to, where)] : []
  })
  const together = movedTogether(
    changes,
    (change) => isJob(change) || (isOfTheSet(change) && to.slots !== undefined),
    (change) => isJob(change) && to.slots === undefined && hasContainer(change, observation),
  )
  return jobs === 'run' ? together : together.map((change) => (isJob(change) ? { ...change, ...LEFT } : change))
}

/** One of this very definition, where old and new take turns. */
function hasContainer({ name, service }: Change, observation: Observation): boolean {
  return containersOf(observation, name).some(
    ({ labels }) => labels['estiba.definition'] === service.definition && labels['estiba.slot'] === 'plain',
  )
}

/** Whether it runs to its end. */
export function isJob({ service }: Pick<Change, 'service'>): boolean {
  return service.kind === 'job'
}

const LEFT = { action: 'leave', because: 'a rollback runs no job: what the later one has done stays' } as const

/** Whether a release replaces it, together with the others of its kind where there are slots. */
export function isOfTheSet({ service: { kind } }: Pick<Change, 'service'>): boolean {
  return isReplaced(kind)
}

/** In a slot nothing is mixed: when one of the set changes, all of it moves. A job runs with each release that changes something. */
function movedTogether(
  changes: readonly Change[],
  isTogether: (change: Change) => boolean,
  isAgain: (change: Change) => boolean,
): readonly Change[] {
  const movers = changes.filter((change) => isOfTheSet(change) && change.action !== 'leave')
  if (movers.length === 0) return changes
  return changes.map((change) => {
    if (!isTogether(change) || change.action === 'create' || change.action === 'replace') return change
    const moves = isJob(change) ? 'runs anew' : 'moves to the other slot'
    return {
      ...change,
      action: isAgain(change) ? 'run' : 'replace',
      because: change.action === 'leave' ? `it ${moves} with ${names(movers)}` : change.because,
    }
  })
}

function changeOf(
  name: string,
  service: ManifestService,
  before: ManifestService | undefined,
  observation: Observation,
  { slots }: Manifest,
  where: Variant | undefined,
): Change {
  const containers = containersOf(observation, name)
  const running = containers.filter(({ status }) => status === 'running')
  const alive = containers.filter(({ status }) => ALIVE.includes(status))
  const joins = !isReplaced(service.kind) && slots !== undefined && isApart(running, slotNetworks(observation, slots))
  const change = { name, service, running, alive, joins, idle: [] }
  if (service.kind === 'job') return { ...change, ...jobChange(service, before, containers) }
  if (containers.length === 0) return { ...change, action: 'create', because: 'it has no container yet' }
  if (service.kind === 'data')
    return alive.length > 0
      ? { ...change, action: 'leave', because: 'a deploy never touches data' }
      : { ...change, action: 'repair', because: 'it does not run, and is started as it is' }
  const isAsWished = ({ labels }: Container) =>
    labels['estiba.definition'] === service.definition && (service.kind === 'edge' || labels['estiba.slot'] === where)
  const asWished = running.filter(isAsWished)
  const stopped = containers.filter((each) => !alive.includes(each))
  if (asWished.length === service.replicas && running.length === service.replicas)
    return asWished.every((container) => keepsRunning(container, service))
      ? { ...change, action: 'leave', because: 'nothing of it changed', idle: stopped }
      : { ...change, action: 'repair', because: 'a transaction that got stuck left it without its restart policy' }
  if (containers.some(isAsWished) && alive.every(isAsWished))
    return { ...change, action: 'repair', because: ranAsWished(service, asWished) }
  return {
    ...change,
    joins: false,
    action: 'replace',
    because: reason(service, before) ?? madeByHand(alive) ?? ranAsWished(service, asWished),
    ...(before === undefined && { because: takenOver(service, alive) }),
  }
}

/** Of a job that has run it does not matter whether its container is still there. */
function jobChange(
  service: ManifestService,
  before: ManifestService | undefined,
  containers: readonly Container[],
): Pick<Change, 'action' | 'because'> {
  const why = reason(service, before)
  if (before?.kind === 'job' && why === undefined)
    return { action: 'leave', because: 'nothing of it changed since it ran' }
  if (containers.length === 0) return { action: 'create', because: 'it has not run yet' }
  return { action: 'replace', because: why ?? 'it was none before' }
}

/** Whether the engine restarts it as it should; a count of retries aside, which the engine keeps apart. */
function keepsRunning({ restart }: Container, service: ManifestService): boolean {
  return restart === service.restart.split(':')[0]
}

const TAKEN_OVER = 'it was started without Estiba and is taken over'

function reason(service: ManifestService, before: ManifestService | undefined): string | undefined {
  if (before === undefined) return TAKEN_OVER
  if (before.image !== service.image) return 'its image changed'
  return before.definition === service.definition ? undefined : 'its definition changed'
}

/** An edge that was started by hand may mount a folder of the team's own there, or none. */
function takenOver(service: ManifestService, alive: readonly Container[]): string {
  const isApart = service.mounts.some(
    (mount) => isSwitch(targetOf(mount)) && !alive.some((container) => isMounted(mount, container)),
  )
  return isApart ? `${TAKEN_OVER}: it does not mount the folder by which it is switched` : TAKEN_OVER
}

/** By somebody's `docker compose up` since the last deploy, elsewhere than in `current`. */
function madeByHand(alive: readonly Container[]): string | undefined {
  const stranger = alive.find(({ labels }) => labels['estiba.definition'] === undefined)
  const folder = stranger?.labels['com.docker.compose.project.working_dir'] ?? 'an unknown folder'
  return stranger && `${BY_HAND} (docker compose in ${folder})`
}

export const BY_HAND = 'it was made anew by hand since the last deploy'

function ranAsWished({ replicas }: ManifestService, asWished: readonly Container[]): string {
  return `${asWished.length} of ${replicas} containers run as the release has them`
}
