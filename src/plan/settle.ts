import { type Change } from './changes.ts'
import { allGone, living, markGone } from './gone.ts'
import type { Layout } from './layout.ts'
import type { Unnumbered } from './plan.ts'
import {
  aliveOf,
  edgesOf,
  freshOf,
  inTurnOf,
  lasting,
  marksOf,
  standBy,
  staying,
  switchStep,
  toldOf,
  type Switching,
  type Turn,
  type Turns,
  type Way,
  webOf,
} from './steps.ts'
import { reloadNginx, reloads } from './turns.ts'
import { definitions, keepAlive, names, words } from './words.ts'

export interface Settlement extends Switching {
  readonly layout: Layout
  readonly edgeChanged: boolean
  /** The steps of the switch, on which it depends what goes on. */
  readonly way: Way
  /** Services of which old containers run, and that are jobs now. */
  readonly endedJobs: readonly string[]
}

/**
 * What comes in place of the way back where a gate forbids it. What the switch had not begun to replace goes on as it is;
 * else the new release goes on, and nothing leads back to old code, which can't use the schema. What is old is stopped for
 * good before the new is kept alive: of a scheduler never two run, not after a crash of the engine either. Each step may
 * fail without the others, and be repeated.
 */
export function settleSteps(request: Settlement): readonly Unnumbered[] {
  const fresh = lasting(freshOf(request.changed))
  return [
    ...haveTheStayingRun(request),
    ...keepRepaired(request),
    ...keepConfiguration(request),
    ...(request.layout.variant === 'plain' ? goOnInTurns(request, fresh) : goOnInSlot(request, fresh)),
  ]
}

function haveTheStayingRun(request: Settlement): readonly Unnumbered[] {
  const stay = staying(request)
  if (stay.length === 0) return []
  return [
    {
      title: `have ${names(stay)} run`,
      because: 'whichever release goes on needs it, and an engine that was killed leaves it down',
      run: standBy(request, stay),
      reversibility: 'nothing to undo',
      deadline: request.healthyWithin + 30,
    },
  ]
}

function keepRepaired({ changed }: Settlement): readonly Unnumbered[] {
  const repaired = changed.filter(({ action }) => action === 'repair')
  if (repaired.length === 0) return []
  return [
    step(`keep ${names(repaired)} alive`, 'containers of this very release serve', [keepAlive(repaired)], repaired),
  ]
}

/** Where the new release was not let in to be seen, what serves goes on with the configuration that it had. */
function keepConfiguration(request: Settlement): readonly Unnumbered[] {
  if (!request.edgeChanged || request.way.ask.length === 0) return []
  const back = step(
    'give the edge its configuration back',
    'what serves goes on as it is, and has no other',
    [words('configure_edge_back', toldOf(staying(request), request))],
    [],
  )
  return [{ ...back, unless: marksOf(request.way).over }]
}

function goOnInSlot(request: Settlement, fresh: readonly Change[]): readonly Unnumbered[] {
  const { way, gone } = request
  const [web, inTurn, edges] = [webOf(fresh), inTurnOf(fresh), edgesOf(fresh)]
  const over = marksOf(way).over
  const goneEdges = edgesOf(gone.withEdges)
  const others = oldCode(request).filter((name) => !goneEdges.some((edge) => edge.name === name))
  return [
    ...(aliveOf(edges).length + living(goneEdges).length > 0
      ? oneEdge(request, edges, goneEdges)
      : edges.length > 0
        ? [{ ...handOver(edges, []), since: over }]
        : []),
    ...(way.turns !== undefined
      ? goOnOneByOne(request, way.turns, over)
      : web.length > 0
        ? leadToNew(request, web)
        : []),
    ...(inTurn.length + others.length > 0 ? [{ ...handOver(inTurn, others), since: over }] : []),
  ]
}

/** Services that the release no longer has as such. */
function oldCode({ gone, endedJobs }: Settlement): readonly string[] {
  return [...allGone(gone).map(({ name }) => name), ...endedJobs]
}

/**
 * An edge has no schema: the old one leads to either release as well. The new one takes its place only if it has proved itself,
 * which the last step of the switch has waited for.
 */
function oneEdge(request: Settlement, edges: readonly Change[], gone: readonly Change[]): readonly Unnumbered[] {
  const old = [...replacedOf(edges), ...gone]
  const back = step(
    `have the old ${names(old)} run`,
    'the new one has not proved itself, and the old one can lead to either release',
    [...(edges.length > 0 ? [`stop_new ${definitions(edges)}`] : []), standBy(request, old)],
    [...edges, ...gone],
  )
  const handing = handOver(
    edges,
    gone.map(({ name }) => name),
  )
  return [
    { ...back, deadline: back.deadline + request.healthyWithin, unless: marksOf(request.way).last },
    { ...handing, since: marksOf(request.way).last },
  ]
}

/** Through the edges that there are: one of another name only if it has proved itself, else the one before it. */
function leadToNew(request: Settlement, web: readonly Change[]): readonly Unnumbered[] {
  const { way, gone, changes } = request
  const over = marksOf(way).over
  const edges = toldOf(changes, request)
  if (gone.switched.length === 0) return [{ ...leadThrough(edges, request, web), since: over }]
  const before = toldOf(
    changes.filter(({ action }) => action !== 'create'),
    request,
  )
  return [
    { ...leadThrough([...before, ...gone.switched], request, web), since: over, unless: marksOf(request.way).last },
    { ...leadThrough(edges, request, web), since: marksOf(request.way).last },
  ]
}

/** The edge leads to what runs only, and old web services are stopped only when that is seen. */
function leadThrough(edges: readonly string[], request: Settlement, web: readonly Change[]): Unnumbered {
  const { layout, edgeChanged } = request
  const stayingEdges = edgesOf(staying(request))
  const old = replacedOf(web)
  const going = step(
    `go on with the new ${names(web)} in slot ${layout.variant} alone`,
    'what is there has proved itself, and old code must not answer on a schema that it can not use',
    [
      keepAlive(web),
      ...(stayingEdges.length > 0 ? [standBy(request, stayingEdges)] : []),
      // Also the old one of an edge whose own turn to be replaced had not come: it leads to the new release now.
      ...(edgeChanged ? [words('configure_edge', edges)] : []),
      `switch_edge ${layout.variant}`,
      ...(edges.length > 0 ? [words('see_edge', [layout.variant, ...edges])] : []),
      ...(old.length > 0 ? [`stop_old ${definitions(old)}`] : []),
    ],
    web,
  )
  return { ...going, deadline: going.deadline + request.healthyWithin }
}

/**
 * Each of them as far as it has proved itself: an old one is stopped only for a new one that has, in the switch or here. Where
 * one does not, the two stay mixed, and the next plan says so.
 */
function goOnOneByOne(request: Settlement, { each, apart, together }: Turns, over: string): readonly Unnumbered[] {
  const { layout, edgeChanged, healthyWithin } = request
  const stay = staying(request)
  const edges = toldOf(stay, request)
  const ready = [...(edgeChanged ? [words('configure_edge', edges)] : []), apart]
  const goOn = ({ change, lead }: Turn, first: readonly string[]): Unnumbered => {
    const stop = change.action === 'replace' ? [`stop_old ${definitions([change])}`] : []
    const going = step(
      `go on with the new ${change.name} in slot ${layout.variant}`,
      'old code must not answer on a schema that it can not use; the old one goes when the new one serves',
      [
        'await_engine',
        ...(stay.length > 0 ? [standBy(request, stay)] : []),
        ...first,
        keepAlive([change]),
        ...lead,
        ...stop,
      ],
      [change],
    )
    return { ...going, deadline: going.deadline + 2 * healthyWithin }
  }
  return [
    ...each.flatMap((turn) => [
      { ...goOn(turn, []), since: switchStep(turn.taken) },
      { ...goOn(turn, [...ready, turn.start]), since: over, unless: switchStep(turn.taken) },
    ]),
    {
      ...step(`lead the edge to slot ${layout.variant} altogether`, 'all of the new serve', [together], []),
      since: over,
    },
  ]
}

function goOnInTurns(request: Settlement, fresh: readonly Change[]): readonly Unnumbered[] {
  const over = marksOf(request.way).over
  const gone = oldCode(request)
  return [
    ...(fresh.length + gone.length > 0 ? [{ ...handOver(fresh, gone), since: over }] : []),
    ...reloads(request.changes).map((run) => ({ ...reloadNginx(`await_engine && ${run}`), since: over })),
  ]
}

/** Nothing new is kept alive where the old could not be stopped. */
function handOver(fresh: readonly Change[], gone: readonly string[]): Unnumbered {
  const replaced = replacedOf(fresh)
  const stopped = [...(replaced.length > 0 ? [definitions(replaced)] : []), ...gone.map((name) => markGone({ name }))]
  return step(
    [
      ...(stopped.length > 0
        ? [`stop the old ${[...replaced.map(({ name }) => name), ...gone].join(', ')} for good`]
        : []),
      ...(fresh.length > 0 ? [`keep the new ${names(fresh)} alive`] : []),
    ].join(', then '),
    stopped.length > 0
      ? 'old and new of them must not run at once, and a start of the engine must not bring the old back'
      : 'from now on the engine keeps them alive',
    [
      'await_engine',
      ...(stopped.length > 0 ? [`stop_old ${stopped.join(' ')}`] : []),
      ...(fresh.length > 0 ? [keepAlive(fresh)] : []),
    ],
    fresh,
  )
}

/** Running or not: the next start of the engine starts one that was stopped by hand, if its restart policy says so. */
function replacedOf(changes: readonly Change[]): readonly Change[] {
  return changes.filter(({ action }) => action === 'replace')
}

function step(title: string, because: string, run: readonly string[], changes: readonly Change[]): Unnumbered {
  const grace = Math.max(10, ...changes.map(({ service }) => service.stopGrace))
  return { title, because, run: run.join(' && '), reversibility: 'irreversible', deadline: grace + 60 }
}
