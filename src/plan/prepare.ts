import { quote } from '../command/command.ts'
import type { Manifest } from '../release/manifest.ts'
import { imageAsListed } from '../stack/image-list.ts'
import { type Container, nameOf, type Observation } from '../stack/observation.ts'
import type { Change } from './changes.ts'
import type { Layout } from './layout.ts'
import type { Outside } from './outside.ts'
import type { Plan, Unnumbered } from './plan.ts'
import { slotNetworks } from './networks.ts'
import { joinSlots, makeSlots } from './slots.ts'
import { freshOf, leadBack } from './steps.ts'
import { marks, names, words } from './words.ts'

export interface Preparation {
  readonly to: Manifest
  readonly observation: Observation
  readonly changes: readonly Change[]
  readonly outside: readonly Outside[]
  readonly layout: Layout
  readonly healthyWithin: number
  /** A rollback finds everything on the host and asks no registry. */
  readonly from: 'registry' | 'host'
}

/** Everything that the release needs is on the host before anything changes; what was seen there is not asked for again. */
export function prepareSteps(preparation: Preparation): Unnumbered[] {
  const { to, observation, changes, outside, layout, healthyWithin, from } = preparation
  const needed = changes.filter(({ action }) => action !== 'leave')
  const isMaking = to.slots !== undefined && slotNetworks(observation, to.slots) === undefined
  const isNeeded = needed.length > 0 || [...changes, ...outside].some(({ joins }) => joins)
  const stores = needed.filter(({ service }) => service.kind === 'data')
  return [
    {
      title: 'stage the release',
      because: `everything of ${to.id} is on the host before anything changes`,
      run: 'stage',
      ...(from === 'registry' && { undo: 'unstage' }),
      reversibility: 'reversible',
      deadline: 60,
    },
    ...(to.slots && isMaking && isNeeded ? [makeSlots(to.slots.subnets)] : []),
    ...(from === 'registry' ? pull(needed, observation) : []),
    ...(stores.length > 0 ? [startStores(stores, healthyWithin)] : []),
    ...(to.slots && isNeeded ? joinSlots(changes, outside, layout) : []),
    ...clearKept(observation, changes, layout),
  ]
}

/** Last, so that they stay where nothing can be begun. The way back knows them, and what has come since and is kept now. */
function clearKept({ kept }: Observation, changes: readonly Change[], { from, variant }: Layout): Unnumbered[] {
  if (kept.length === 0) return []
  const before = [...new Set(kept.map(markOf))]
  const services = new Set(kept.map(({ labels }) => labels['com.docker.compose.service']))
  return [
    {
      title: `remove what a release that was taken back has left of ${[...services].join(', ')}`,
      because: `${kept.map(nameOf).join(', ')} ${kept.length === 1 ? 'was' : 'were'} kept, stopped, to be looked at until now`,
      run: [words('clear_kept', before), ...(from === undefined ? [] : [`point_current ${quote(from)}`])].join(' && '),
      ...(from !== undefined && {
        undo: leadBack(from, [...new Set([...before, ...marks(freshOf(changes), variant)])]),
      }),
      reversibility: 'irreversible',
      deadline: 60,
    },
  ]
}

/** As the plan names it to the host: by service, definition and slot. */
function markOf({ labels }: Container): string {
  return `${labels['com.docker.compose.service'] ?? ''}=${labels['estiba.definition'] ?? ''}/${labels['estiba.slot'] ?? ''}`
}

/** A store that has its container. */
function isStartedAsItIs({ action, service }: Change): boolean {
  return action === 'repair' && service.kind === 'data'
}

/** A digest is the same wherever it is; what a tag names now, only the registry knows. */
function pull(needed: readonly Change[], { images, host }: Observation): Unnumbered[] {
  const isThere = ({ service: { image } }: Change): boolean => image.includes('@') && images.has(imageAsListed(image))
  const absent = needed.filter((change) => !isStartedAsItIs(change) && !isThere(change))
  if (absent.length === 0) return []
  const [, architecture = ''] = host.engine?.platform.split('/') ?? []
  return [
    {
      title: `pull the images of ${names(absent)}`,
      because: 'what is switched to must be there, also for the way back',
      run: words('pull', [architecture, ...absent.map(({ name, service }) => `${name}=${service.image}`)]),
      reversibility: 'nothing to undo',
      deadline: 900,
    },
  ]
}

/** Whether anything is pulled for a plan. */
export function asksRegistry({ phases }: Pick<Plan, 'phases'>): boolean {
  return (phases.prepare ?? []).some(({ run }) => run.startsWith('pull '))
}

function startStores(stores: readonly Change[], healthyWithin: number): Unnumbered {
  const list = stores.map(({ name }) => name)
  return {
    title: `start ${list.join(', ')}`,
    because: 'a store must run before what uses it; it stays, whatever becomes of the release',
    run: `compose up --detach --no-deps --no-recreate --wait --wait-timeout ${healthyWithin} ${list.map(quote).join(' ')}`,
    reversibility: 'nothing to undo',
    deadline: healthyWithin + 30,
  }
}
