import { otherSlot, slotAddress, type Slot } from '../edge/slots.ts'
import type { Manifest } from '../release/manifest.ts'
import type { Observation } from '../stack/observation.ts'
import { movedWeb } from './addresses.ts'
import { type Change, isJob } from './changes.ts'
import { living } from './gone.ts'
import type { Unnumbered } from './plan.ts'
import { DRAIN_BACK } from './drain.ts'
import { configureEdge, placeNew, type SlotSwitch } from './slots.ts'
import {
  aliveOf,
  besideOf,
  createNew,
  edgesOf,
  fillUp,
  freshOf,
  guardStep,
  inTurnOf,
  lasting,
  standBy,
  startLayers,
  staying,
  stopOld,
  toldOf,
  type Way,
  webOf,
} from './steps.ts'
import { definitions, keepAlive, names, words } from './words.ts'

/** A clause why a release that is to go one service after the other goes as a whole; undefined where it need not. */
export function whyWhole(
  to: Manifest,
  observation: Observation,
  { changed, gone, layout, takesOver }: Pick<SlotSwitch, 'changed' | 'gone' | 'layout' | 'takesOver'>,
): string | undefined {
  if (layout.live === undefined) return 'what runs now is in no slot yet'
  if (takesOver || edgesOf(changed).length + living(gone.withEdges).length > 0) return 'the edge itself is replaced'
  const moved = movedWeb(to, observation)
  if (moved.length === 0) return undefined
  const list = moved.map(({ name }) => name).join(', ')
  return `the port or the number of replicas of ${list} changed, which an edge is told for both slots at once`
}

/** What the edge can't decide alone: a transaction has left some services in one slot and some in the other. */
export function mixedObjections({ edge, open }: Pick<Observation, 'edge' | 'open'>): readonly string[] {
  if (edge?.isMixed !== true || open !== undefined) return []
  return [
    'the last transaction is stuck between the slots: the edge leads some web services to slot a and some to b, and what else they ' +
      "are on is for you to say. See which serve (on the host: ls edge/slots/rolling in the stack's folder names those in b; " +
      'docker ps --all --format \'{{.Names}} {{.Label "estiba.slot"}} {{.Status}}\'), start what is missing in one of the slots with docker start, ' +
      'and lead the edge there: `ln -sfn slots/a edge/.live && mv -T edge/.live edge/live` (or slots/b); then deploy again',
  ]
}

/** Where one service after the other goes from and to. */
interface Move {
  readonly request: SlotSwitch
  readonly from: Slot
  readonly to: Slot
  readonly edges: readonly string[]
}

/**
 * The web services of the set go to the free slot one after the other, what is asked before who asks: each new one proves itself
 * beside all that serves, the edge leads it there, and the old one is stopped before the next one starts. So no more than one of them
 * runs twice. Nothing is replaced before the first has proved itself.
 */
export function rollingSteps(request: SlotSwitch): Way {
  const { changed, gone, healthyWithin, layout, order } = request
  const to: Slot = layout.variant === 'b' ? 'b' : 'a'
  const from = otherSlot(to)
  const fresh = freshOf(changed)
  const inTurn = inTurnOf(changed)
  const old = [...aliveOf(inTurn), ...living(gone.inTurn)]
  const move = { request, from, to, edges: toldOf(staying(request), request) }
  const steps: Unnumbered[] = []
  const begun: { readonly change: Change; readonly start: number }[] = []
  for (const layer of order) {
    const here = besideOf(changed).filter(({ name }) => layer.includes(name))
    steps.push(...startLayers([layer], here.filter(isJob), healthyWithin))
    for (const change of lasting(here)) {
      const moved = begun.map((each) => each.change)
      begun.push({ change, start: steps.length })
      steps.push(start(move, change), take(move, change, moved))
    }
  }
  const first = (begun[0]?.start ?? 0) + 1
  const beside = [
    guardStep(request, layout.from),
    ...fillUp(changed),
    createNew(
      fresh,
      `made, not started, in slot ${to}; who asks by name finds the old ones`,
      [placeNew(request, fresh), `hide_new ${definitions(webOf(fresh))}`].filter(Boolean).join(' && '),
    ),
    ...request.share,
    ...(from === 'a' ? [lendNames()] : []),
    ...steps.slice(0, first),
  ]
  const opening = [...(request.edgeChanged ? [configureEdge(request, layout.live)] : []), rollEdge(move)]
  const each = begun.map(({ change, start: at }) => ({
    change,
    taken: beside.length + opening.length + at + 1 - first,
    start: startLine(move, change, 'try_new'),
    lead: leadLines(move, change),
  }))
  return {
    beside,
    ask: [],
    over: [
      ...opening,
      ...steps.slice(first),
      ...(old.length > 0 ? [stopOld(request, old)] : []),
      ...startLayers(order, inTurn, healthyWithin),
    ],
    edge: [leadAll(move)],
    turns: {
      each,
      apart: rollLine(move),
      together: words('lead_all', [
        move.to,
        ...each.flatMap(({ change: { name } }) => (name in request.slots.web ? [name] : [])),
      ]),
    },
  }
}

function startLine({ request }: Move, change: Change, program: 'start_and_prove' | 'try_new'): string {
  return `${program} ${request.healthyWithin} ${definitions([change])}`
}

function leadLines({ request, to, edges }: Move, change: Change): readonly string[] {
  return [`show_new ${definitions([change])}`, ...leadTo(to, change, request, edges)]
}

function rollLine({ request, from }: Move): string {
  return words('roll_edge', [from, ...Object.keys(request.slots.web)])
}

/** Only what the edge passes requests to is led. */
function leadTo(
  slot: Slot,
  { name }: Change,
  { slots }: Pick<SlotSwitch, 'slots'>,
  edges: readonly string[],
): readonly string[] {
  if (!(name in slots.web)) return []
  return [words('lead_service', [slot, name]), words('see_edge', [`${name}/${slot}`, ...edges])]
}

/** Of one service alone. */
function drainOne({ request, edges }: Move, slot: Slot, { name }: Change, seconds: number): readonly string[] {
  const { slots } = request
  const addresses = (slots.web[name]?.hosts ?? []).map((host) => slotAddress(slots, slot, host))
  return addresses.length === 0 ? [] : [words('drain', [String(seconds), addresses.join(','), ...edges])]
}

function lendNames(): Unnumbered {
  return {
    title: 'have the old containers in slot b as well',
    because: 'until the last one is replaced, old and new ask each other by name',
    run: 'lend_names',
    undo: 'part_slots',
    reversibility: 'reversible',
    deadline: 60,
  }
}

function start(move: Move, change: Change): Unnumbered {
  const { request, to } = move
  const one = definitions([change])
  return {
    title: `start the new ${change.name} in slot ${to}, and wait until it is healthy`,
    because: 'what it asks comes before it; all that serves goes on, and no other service runs twice meanwhile',
    run: startLine(move, change, 'try_new'),
    // An engine that was killed may have brought the new one back, and not the old one.
    undo: [...(change.running.length > 0 ? [standBy(request, [change])] : []), `retire_new ${one}`].join(' && '),
    reversibility: 'reversible',
    deadline: request.healthyWithin + change.service.stopGrace + 60,
  }
}

/** @param moved those that are in the new slot by then, and that the old one asks on the way back */
function take(move: Move, change: Change, moved: readonly Change[]): Unnumbered {
  const { request, from, to, edges } = move
  const { name, service, running, alive } = change
  const [seconds, one] = [String(request.healthyWithin), definitions([change])]
  const replaced = alive.length > 0
  return {
    title: `lead ${name} to slot ${to}${replaced ? ', and stop the old one' : ''}`,
    because:
      'the new one has proved itself; the old one is kept, stopped, for the way back, and its memory is for the next',
    run: [
      // It is found by its name from now on, and must be as well as before.
      ...leadLines(move, change).toSpliced(1, 0, startLine(move, change, 'start_and_prove')),
      // So that a start of the engine brings back what serves now.
      keepAlive([change]),
      ...(replaced ? [...drainOne(move, from, change, request.drain), `hide_old ${one}`, `stop_old ${one}`] : []),
    ].join(' && '),
    undo: [
      standBy(request, staying(request)),
      ...(running.length > 0 ? [[words('come_back', [seconds, name]), definitions(moved)].join(' ').trim()] : []),
      ...leadTo(from, change, request, edges),
      ...drainOne(move, to, change, Math.min(request.drain, DRAIN_BACK)),
    ].join(' && '),
    reversibility: 'reversible',
    deadline: request.drain + service.stopGrace + 2 * request.healthyWithin + 60,
  }
}

function rollEdge(move: Move): Unnumbered {
  const { request, from, edges } = move
  return {
    title: 'have the edge lead each service by itself',
    because: `for now all of them to slot ${from}, as before`,
    run: rollLine(move),
    undo: [standBy(request, staying(request)), `switch_edge ${from}`, words('see_edge', [from, ...edges])].join(' && '),
    reversibility: 'reversible',
    deadline: request.healthyWithin + 30,
  }
}

function leadAll({ to, edges }: Move): Unnumbered {
  return {
    title: `lead the edge to slot ${to} altogether`,
    because: 'each service is led there; the old ones are stopped, so nothing of theirs answers any more',
    run: `switch_edge ${to} && ${words('see_edge', [to, ...edges])}`,
    undo: 'switch_edge rolling',
    reversibility: 'reversible',
    deadline: 30,
  }
}

/** What the reader must know of what is mixed meanwhile. */
export function rollingNote(changed: readonly Change[]): string {
  return (
    `strategy: rolling: ${names(webOf(changed))} move one after the other, so old and new are mixed meanwhile: a request may be served by the ` +
    'old of one and the new of another, here and on the way back, and what has moved is seen before the rest has proved itself. One that meets ' +
    "a container as it stops is the application's to repeat. The way back starts the old containers again, and takes as long as that"
  )
}
