import { canBeAsked, endAsking, letAsk } from './ask.ts'
import { type Change, isOfTheSet } from './changes.ts'
import { slotAddress, type Slots } from '../edge/slots.ts'
import { drainBack } from './drain.ts'
import { living } from './gone.ts'
import type { Layout } from './layout.ts'
import type { Outside } from './outside.ts'
import type { Unnumbered } from './plan.ts'
import { admitGuests, sendGuestsAway, standInsFor } from './stand-in.ts'
import {
  aliveOf,
  besideOf,
  createNew,
  fillUp,
  freshOf,
  edgesOf,
  guardStep,
  inTurnOf,
  standBy,
  startLayers,
  staying,
  stopOld,
  switchedOf,
  type Switching,
  toldOf,
  type Way,
  webOf,
} from './steps.ts'
import { definitionsWith, names, words } from './words.ts'

export interface SlotSwitch extends Switching {
  readonly order: readonly (readonly string[])[]
  readonly slots: Slots
  readonly layout: Layout
  /** Whether the edge's generated configuration is another one than the host has. */
  readonly edgeChanged: boolean
  /** Whether an edge from outside leads elsewhere yet, and to the slots only when it has loaded its configuration. */
  readonly takesOver: boolean
  /** Whether the edge is told of the new addresses only when it leads there: with them it would not find what serves now. */
  readonly isToldLate: boolean
  /** Whether the new release is asked before visitors are led to it, as far as its edge lets anybody in. */
  readonly isAsked: boolean
}

/**
 * The set goes to the free slot: web services beside the old ones, until they have proved themselves; then the others, of
 * which old and new take turns. The edge is switched last, so that the way back begins with it, and nothing that fails
 * before it was ever seen by a visitor.
 */
export function slotSteps(request: SlotSwitch): Way {
  const { changed, gone, healthyWithin, layout, order } = request
  const fresh = freshOf(changed)
  const inTurn = inTurnOf(changed)
  const old = [...aliveOf(inTurn), ...living(gone.inTurn)]
  const isMoving = changed.some(isOfTheSet)
  const isAsked = canBeAsked(request) && !isEdgeReplaced(request)
  // Before anything is replaced: what can't be loaded is found while everything old still runs.
  const configure = isTold(request) && !request.isToldLate ? [configureEdge(request, request.layout.live)] : []
  return {
    beside: [
      guardStep(request, layout.from),
      ...fillUp(changed),
      ...(fresh.length > 0
        ? [
            createNew(
              fresh,
              `made beside the old, in slot ${layout.variant}, which the edge does not lead to`,
              placeNew(request, fresh),
            ),
          ]
        : []),
      ...request.share,
      ...startLayers(order, besideOf(changed), healthyWithin),
      ...admitGuests(request),
    ],
    ask: isAsked ? [...configure, letAsk(layout.variant)] : [],
    over: [
      ...(isAsked ? [endAsking(webOf(changed))] : configure),
      ...(old.length > 0 ? [stopOld(request, old)] : []),
      ...startLayers(order, inTurn, healthyWithin),
    ],
    edge: [
      ...replaceEdges(request, isMoving),
      ...seeEdge(request, switchedOf(changed, request), isMoving ? `${layout.variant}-trial` : layout.variant),
    ],
  }
}

/** The addresses of replicas, which their text can't say. */
export function placeNew({ slots, layout: { variant } }: SlotSwitch, fresh: readonly Change[]): string | undefined {
  const several = fresh.filter(({ name }) => (slots.web[name]?.hosts.length ?? 0) > 1)
  if (several.length === 0 || variant === 'plain') return undefined
  const addresses = ({ name }: Change): string =>
    (slots.web[name]?.hosts ?? []).map((host) => slotAddress(slots, variant, host)).join(',')
  return `place_new ${definitionsWith(several, addresses)}`
}

/** Also by one of another name. */
function isEdgeReplaced({ changed, gone }: SlotSwitch): boolean {
  return aliveOf(edgesOf(changed)).length + living(edgesOf(gone.withEdges)).length > 0
}

/** Whether edges that stay get another configuration. */
function isTold(request: SlotSwitch): boolean {
  return request.edgeChanged && !isEdgeReplaced(request) && !request.takesOver
}

/** Edges that stay are switched; those that are replaced themselves start on the new slot. */
function replaceEdges(request: SlotSwitch, isMoving: boolean): Unnumbered[] {
  const edges = edgesOf(request.changed)
  const old = [...aliveOf(edges), ...living(request.gone.withEdges)]
  return [
    ...(old.length > 0 ? [stopOld(request, old)] : []),
    // In between, so that on the way back the old one starts with what it had.
    ...(request.edgeChanged && isEdgeReplaced(request) && !request.takesOver
      ? [configureEdge(request, request.layout.live)]
      : []),
    ...(isMoving ? [switchEdge(request)] : []),
    // Until it is told, the old slot stands in: it is where nothing is at the new one's addresses.
    ...(isTold(request) && request.isToldLate ? [configureEdge(request, `${request.layout.variant}-trial`)] : []),
    ...(request.takesOver ? [takeOver(request)] : []),
    ...startLayers(request.order, edges, request.healthyWithin),
  ]
}

function switchEdge(request: SlotSwitch): Unnumbered {
  const { layout } = request
  const stay = staying(request)
  const edges = request.takesOver ? [] : toldOf(stay, request)
  const before = [...webOf(request.changed), ...request.gone.afterCommit]
  const served = [...stay, ...before.filter(({ running }) => running.length > 0)]
  const see = (folder: string): string[] => (edges.length > 0 ? [words('see_edge', [folder, ...edges])] : [])
  const trial = `${layout.variant}-trial`
  return {
    title: `lead the edge to slot ${layout.variant}`,
    because: `what is there has proved itself; ${whoStandsIn(request)}`,
    run: [`switch_edge ${trial}`, ...see(trial)].join(' && '),
    ...(layout.live !== undefined && {
      undo: [
        `switch_edge ${layout.live}`,
        standBy(request, served),
        ...see(layout.live),
        drainBack(request, layout.variant),
      ].join(' && '),
    }),
    reversibility: 'reversible',
    deadline: request.healthyWithin + 30,
  }
}

function whoStandsIn(request: SlotSwitch): string {
  const { inSlot, guests } = standInsFor(request)
  const old = [...inSlot, ...guests]
  if (old.length === 0) return 'nothing old is in a slot to answer where it takes no connection'
  const whose = old.length === webOf(request.changed).length ? '' : ` for ${names(old)}`
  return `until it is confirmed the ${guests.length > 0 ? 'other' : 'old'} slot answers${whose} where the new one takes no connection`
}

/** An edge that was started anew says itself where it leads; those that stayed have been asked. */
function seeEdge({ layout }: SlotSwitch, started: readonly Change[], folder: string): Unnumbered[] {
  if (started.length === 0) return []
  return [
    {
      title: `see through ${names(started)} that it leads to slot ${layout.variant}`,
      because: 'a switch counts only when it is seen',
      run: words('see_edge', [folder, ...started.map(({ name }) => name)]),
      reversibility: 'nothing to undo',
      deadline: 30,
    },
  ]
}

/** @param folder the one that the edge leads to meanwhile; undefined: none yet */
export function configureEdge(request: SlotSwitch, folder: string | undefined): Unnumbered {
  const edges = toldOf(staying(request), request)
  return {
    title: 'give the edge its new configuration',
    because:
      'its own text, or the web services and their ports, changed; it is tried in a container of its own, then loaded',
    run: [
      words('configure_edge', edges),
      ...(folder === undefined || edges.length === 0 ? [] : [words('see_edge', [folder, ...edges])]),
    ].join(' && '),
    undo: words('configure_edge_back', edges),
    reversibility: 'reversible',
    deadline: 60,
  }
}

/** From where it led until now, and only when the slot that it is to lead to is ready. */
function takeOver(request: SlotSwitch): Unnumbered {
  const edges = toldOf(staying(request), request)
  return {
    title: `have ${edges.join(', ')} lead to the slots`,
    because: 'until now it leads elsewhere; where that is stays as it is until the release is confirmed',
    run: `${words('configure_edge', edges)} && ${words('see_edge', [`${request.layout.variant}-trial`, ...edges])}`,
    undo: words('configure_edge_back', edges),
    reversibility: 'reversible',
    deadline: 60,
  }
}

/** The networks, before anything is made that names them. */
export function makeSlots({ a, b }: Slots['subnets']): Unnumbered {
  return {
    title: 'have the networks of both slots',
    because: `old and new have addresses of their own (${a}, ${b}), which stay the same from release to release; a network of the name that has others is made anew`,
    run: words('make_slots', [a, b]),
    reversibility: 'nothing to undo',
    deadline: 60,
  }
}

/** What stays is in both slots, a store that was only now started too; and the one to move to is empty. */
export function joinSlots(changes: readonly Change[], outside: readonly Outside[], layout: Layout): Unnumbered[] {
  const stay = [
    ...changes.filter(({ joins, action, service }) => joins || (action !== 'leave' && service.kind === 'data')),
    ...outside.filter(({ joins }) => joins),
  ].map(({ name }) => name)
  return [
    ...(stay.length > 0
      ? [
          {
            title: `have ${stay.join(', ')} in both slots`,
            because: 'what the set needs is found by its name there, and the edge reaches both',
            run: words('join_slots', stay),
            reversibility: 'nothing to undo' as const,
            deadline: 60,
          },
        ]
      : []),
    ...(layout.leftover.length > 0
      ? [
          {
            title: `clear slot ${layout.variant}`,
            because: `${layout.leftover.length} containers are left in it, and the edge does not lead to them`,
            run: `clear_slot ${layout.variant}`,
            reversibility: 'irreversible' as const,
            deadline: 120,
          },
        ]
      : []),
    ...sendGuestsAway(changes, layout),
  ]
}
