import type { Kind } from '../compose/kinds.ts'
import { isOutside } from '../edge/outside.ts'
import { SLOTS, slotNetwork } from '../edge/slots.ts'
import { imageAsListed } from '../stack/image-list.ts'
import { containersOf, knownService, liveRelease, type Observation, ownerOf } from '../stack/observation.ts'
import { markGone } from './gone.ts'
import { numbered, type Plan, type ServicePlan, type Unnumbered } from './plan.ts'
import { words } from './words.ts'

export interface RemovalRequest {
  readonly title: string
  /** The Compose project's name. */
  readonly stack: string
  readonly observation: Observation
}

/** A service of which containers go. */
interface Going {
  readonly name: string
  readonly kind: Kind | 'unknown'
  readonly stopGrace: number
}

/**
 * Plans to remove what deploys made of a stack, its data apart; undefined where nothing of it is there. All of it follows the
 * commit, so before that nothing has changed, and from there on it is completed.
 */
export function planRemoval(request: RemovalRequest): Plan | undefined {
  const { title, observation } = request
  const going = goingFrom(observation)
  const steps = [
    ...stopAndRemove(going),
    ...dropNetworks(request, going),
    ...forgetStack(observation, going),
    ...forgetImages(request),
  ]
  if (steps.length === 0) return undefined
  return {
    title,
    services: [...going.map(describeGoing), ...describeStaying(observation, going)],
    phases: { prepare: [], switch: [], commit: [], finish: numbered(steps) },
    notes: [
      ...(going.length === 0 ? [] : ['nobody gets an answer from this stack any more: nothing comes in its place']),
      'once it is begun it is completed, by the server itself if need be; then the way back is to deploy',
      ...(readerOf(observation) === undefined
        ? []
        : [
            `edge/ stays for ${readerOf(observation)}: take the stack out of its configuration, then remove the folder`,
          ]),
      'data is left alone: stores run on, and volumes, project/, backups/ and the ledger stay',
    ],
  }
}

/** What the live release replaces, and whatever else carries our label; a store that does was something else once. */
function goingFrom(observation: Observation): readonly Going[] {
  const live = liveRelease(observation)?.services ?? {}
  const labelled = [...observation.containers, ...observation.kept].filter(
    ({ labels }) => labels['estiba.definition'] !== undefined,
  )
  const names = new Set([...Object.keys(live), ...labelled.map(ownerOf)])
  return [...names].flatMap((name) => {
    const { kind = 'unknown', stopGrace = 10 } = knownService(name, observation) ?? {}
    return kind === 'data' ? [] : [{ name, kind, stopGrace }]
  })
}

function describeGoing({ name, kind }: Going): ServicePlan {
  return { name, kind, action: 'remove', because: 'a deploy made it', added: 0 }
}

function describeStaying(observation: Observation, going: readonly Going[]): readonly ServicePlan[] {
  const names = new Set(observation.containers.map(ownerOf))
  return [...names].flatMap((name) => {
    if (going.some((other) => other.name === name) || containersOf(observation, name).length === 0) return []
    const isData = knownService(name, observation)?.kind === 'data'
    const because = isData ? 'data is never touched' : 'no release has it'
    return [{ name, kind: isData ? 'data' : 'unknown', action: 'leave' as const, because, added: 0 }]
  })
}

function step(title: string, because: string, run: string, deadline: number): Unnumbered {
  return { title, because, run, reversibility: 'irreversible', deadline }
}

/** Edges first, so that what visitors asked is answered. */
function stopAndRemove(going: readonly Going[]): readonly Unnumbered[] {
  const edges = going.filter(({ kind }) => kind === 'edge')
  const others = going.filter(({ kind }) => kind !== 'edge')
  const removed = (some: readonly Going[], because: string): readonly Unnumbered[] => {
    if (some.length === 0) return []
    const title = `stop and remove ${some.map(({ name }) => name).join(', ')}`
    const grace = Math.max(10, ...some.map(({ stopGrace }) => stopGrace))
    return [step(title, because, words('remove_old', some.map(markGone)), grace + 60)]
  }
  return [
    ...removed(edges, 'from here on nobody gets in; who is in already is answered'),
    ...removed(others, 'nothing is to run that a deploy replaces'),
  ]
}

function dropNetworks({ stack, observation }: RemovalRequest, going: readonly Going[]): readonly Unnumbered[] {
  const names = observation.networks.map(({ name }) => name)
  const isLeft = (name: string): boolean =>
    names.includes(name) && !observation.containers.some(({ networks }) => networks.includes(name))
  const slots = SLOTS.map((slot) => slotNetwork(stack, slot))
  if (going.length === 0 && !slots.some((name) => names.includes(name)) && !isLeft(`${stack}_default`)) return []
  return [
    step(
      'remove the networks of both slots, and those of the stack in which nobody is',
      'stores leave the slots first, and stay in their own',
      'drop_networks',
      120,
    ),
  ]
}

function forgetStack(observation: Observation, going: readonly Going[]): readonly Unnumbered[] {
  const { current, releases, edge, host } = observation
  const reader = readerOf(observation)
  const isThere =
    current !== undefined ||
    releases.length > 0 ||
    (edge !== undefined && reader === undefined) ||
    host.folder.owner !== undefined
  if (!isThere) return []
  return [
    step(
      `remove releases/, ${reader === undefined ? 'edge/, ' : ''}current, and of files/ what no container has`,
      reader === undefined ? 'nothing leads to them any more' : `nothing leads to them any more; ${reader} reads edge/`,
      [
        ...(going.length === 0 ? [] : [words('all_gone', going.map(markGone))]),
        ...(reader === undefined ? ['forget_edge'] : []),
        'forget_stack',
      ].join(' && '),
      120,
    ),
  ]
}

/** An edge outside of the stack, which would not start again without the files that its configuration includes. */
function readerOf(observation: Observation): string | undefined {
  return liveRelease(observation)?.slots?.edges.find(isOutside)
}

/** Built images of its releases, unless a store has them; and the tags that hold any. */
function forgetImages({ stack, observation }: RemovalRequest): readonly Unnumbered[] {
  const services = observation.releases.flatMap((release) => Object.values(release.services))
  const ofStores = new Set(services.flatMap(({ kind, image }) => (kind === 'data' ? [image] : [])))
  const images = new Set(services.map(({ image }) => image).filter((image) => image.includes('@')))
  const present = [...images].filter((image) => !ofStores.has(image) && observation.images.has(imageAsListed(image)))
  const isHeld = [...observation.images].some((image) => image.startsWith(`estiba.invalid/held:${stack}.`))
  if (present.length === 0 && !isHeld) return []
  return [
    step(
      'let go of the images of its releases',
      'nothing brings them back; what another stack has stays',
      ['let_all_go', ...(present.length > 0 ? [words('forget_images', present)] : [])].join(' && '),
      120,
    ),
  ]
}
