import { quote } from '../command/command.ts'
import { isOutside } from '../edge/outside.ts'
import type { Variant } from '../edge/slots.ts'
import { nameOf } from '../stack/observation.ts'
import { type Change, isJob, isOfTheSet } from './changes.ts'
import { allGone, type Gone } from './gone.ts'
import { numbered, type Plan, type Unnumbered } from './plan.ts'
import { definitions, definitionsWith, keepAlive, marks, names, words } from './words.ts'

/** What every way of switching knows. */
export interface Switching {
  readonly changes: readonly Change[]
  /** Those that are not left as they are, data apart. */
  readonly changed: readonly Change[]
  /** What the release no longer has. */
  readonly gone: Gone
  /** Seconds that a new container has to become healthy. */
  readonly healthyWithin: number
  /** The edges that are switched. */
  readonly switched: readonly string[]
  /** Seconds that visitors' connections have to end, before what they are with ends. */
  readonly drain: number
  /** What new containers are given before they are started. */
  readonly share: readonly Unnumbered[]
  /** Where the release goes. */
  readonly variant: Variant
}

/** The steps of a switch, in the parts that the case depends on in which there is no way back. */
export interface Way {
  /** Done beside what serves, which goes on as it is. */
  readonly beside: readonly Unnumbered[]
  /** Has the new release asked before visitors are led to it; nothing where it can't be. */
  readonly ask: readonly Unnumbered[]
  /** From the first of them on, what serves is replaced. Web services in a slot have proved themselves by then. */
  readonly over: readonly Unnumbered[]
  /** From the first of them on, so is the edge. */
  readonly edge: readonly Unnumbered[]
  /** Where one service goes after the other. */
  readonly turns?: Turns
}

export interface Turns {
  readonly each: readonly Turn[]
  /** Lines of shell: the edge leads each by itself; and all alike, if it leads each there. */
  readonly apart: string
  readonly together: string
}

/** A service that goes to the other slot by itself. */
export interface Turn {
  readonly change: Change
  /** How many steps of the switch come before the one that leads the edge to the new one, and stops the old one. */
  readonly taken: number
  /** Lines of shell: the new one starts and proves itself, or is stopped; and the edge is led to it. */
  readonly start: string
  readonly lead: readonly string[]
}

/** The steps in their phases: a phase of its own is waited behind, so that the new release can be asked. */
export function phasesOf({ beside, ask, over, edge }: Way): Pick<Plan['phases'], 'prove' | 'switch'> {
  return ask.length === 0
    ? { switch: numbered([...beside, ...over, ...edge]) }
    : { prove: numbered([...beside, ...ask]), switch: numbered([...over, ...edge]) }
}

/** The step from which on what serves is replaced, and the last one, as the journal names them: `switch 05`. */
export function marksOf(way: Way): { readonly over: string; readonly last: string } {
  const first = way.ask.length === 0 ? way.beside.length : 0
  return { over: switchStep(first), last: switchStep(first + way.over.length + way.edge.length - 1) }
}

/** The step of the switch behind so many. */
export function switchStep(steps: number): string {
  return `switch ${String(steps + 1).padStart(2, '0')}`
}

/** Brings what served before and a plan leaves alone back to life, should an engine's crash have ended it. */
export function standBy({ healthyWithin }: Switching, services: readonly Change[]): string {
  return words('stand_by', [String(healthyWithin), ...services.map(({ name }) => name)])
}

/** Services that the plan leaves running, in the order in which they would start. */
export function staying({ changes }: Switching): readonly Change[] {
  return changes.filter(({ action, running }) => action === 'leave' && running.length > 0)
}

/** @param then what is to be done with them before they are started: a line of shell */
export function createNew(fresh: readonly Change[], because: string, then?: string): Unnumbered {
  const create = `create_new ${definitionsWith(fresh, ({ service }) => String(service.replicas))}`
  return {
    title: `create the new ${names(fresh)}`,
    because,
    run: then === undefined ? create : `${create} && ${then}`,
    undo: `set_aside ${definitions(fresh)}`,
    reversibility: 'reversible',
    deadline: 120,
  }
}

/** What of them runs well serves now: the way back leaves every container where it is. */
export function fillUp(changed: readonly Change[]): Unnumbered[] {
  const repaired = changed.filter(({ action }) => action === 'repair')
  if (repaired.length === 0) return []
  return [
    {
      title: `complete ${names(repaired)}`,
      because: 'containers of this very release are missing or have ended',
      run: `create_new ${definitionsWith(repaired, ({ service }) => String(service.replicas))}`,
      undo: keepAlive(repaired),
      reversibility: 'reversible',
      deadline: 120,
    },
  ]
}

/** Stops what is replaced; the way back starts it again, behind what it needs. */
export function stopOld(switching: Switching, replaced: readonly Change[]): Unnumbered {
  const served = replaced.filter(({ running }) => running.length > 0)
  const data = staying(switching).filter(({ service }) => service.kind === 'data')
  return {
    title: `stop the old ${names(replaced)}`,
    because: 'old and new of them must not run at once; the old are kept, stopped, for the way back',
    run: `stop_old ${definitions(replaced)}`,
    ...(served.length > 0 && { undo: standBy(switching, [...data, ...served]) }),
    reversibility: 'reversible',
    deadline: Math.max(...replaced.map(({ service }) => service.stopGrace)) + switching.healthyWithin + 30,
  }
}

/** The changed services of each layer are started at once, when those of the layer before are up or have completed. */
export function startLayers(
  order: readonly (readonly string[])[],
  changed: readonly Change[],
  healthyWithin: number,
): readonly Unnumbered[] {
  return order.flatMap((layer) => {
    const here = changed.filter(({ name }) => layer.includes(name))
    const [jobs, others] = [here.filter(isJob), lasting(here)]
    return [
      ...(jobs.length > 0 ? [runJobs(jobs)] : []),
      ...(others.length > 0 ? [startAndProve(others, healthyWithin)] : []),
    ]
  })
}

/** Seconds that a job may take. */
const JOB_SECONDS = 600

function runJobs(jobs: readonly Change[]): Unnumbered {
  return {
    title: `run ${names(jobs)} to ${jobs.length === 1 ? 'its' : 'their'} end`,
    because: 'what waits for it starts only when it has completed; what it has done stays',
    run: `run_jobs ${JOB_SECONDS} ${definitionsWith(jobs, ({ service }) => triesOf(service.restart))}`,
    undo: `stop_new ${definitions(jobs)}`,
    reversibility: 'unknown',
    deadline: JOB_SECONDS + Math.max(...jobs.map(({ service }) => service.stopGrace)) + 30,
  }
}

/** How often it is begun: `on-failure:3` is three times more, and without a number as often as fit into its time. */
function triesOf(restart: string): string {
  const [policy, retries] = restart.split(':')
  return policy === 'on-failure' ? String(1 + Number(retries ?? JOB_SECONDS)) : '1'
}

/** Started together, and each asked by its own health check until it has said yes often enough. */
function startAndProve(layer: readonly Change[], healthyWithin: number): Unnumbered {
  const fresh = layer.filter(({ action }) => action !== 'repair')
  return {
    title: `start the new ${names(layer)}, and wait until ${layer.length === 1 ? 'it is' : 'they are'} healthy`,
    because: 'what comes before is up; a health check must say yes three times in a row',
    run: `start_and_prove ${healthyWithin} ${definitions(layer)}`,
    ...(fresh.length > 0 && { undo: `stop_new ${definitions(fresh)}` }),
    reversibility: 'reversible',
    deadline: healthyWithin + Math.max(...layer.map(({ service }) => service.stopGrace)) + 60,
  }
}

/**
 * Notes what serves, and leads `current` to a file with which `up` does nothing; undone last, when all else is back. An engine
 * that was killed ends also what no step has touched yet.
 */
export function guardStep(switching: Switching, from: string | undefined): Unnumbered {
  const served = [...switching.changes, ...allGone(switching.gone)].filter(({ running }) => running.length > 0)
  const up = served.flatMap(({ running }) => running.map(nameOf))
  const back = [
    ...(served.length > 0 ? [standBy(switching, served)] : []),
    ...(from === undefined ? [] : [leadBack(from, marks(freshOf(switching.changed), switching.variant))]),
  ]
  return {
    title: 'note what serves, and guard it against a `docker compose up` by hand',
    because: 'the way back leads there, and `up` would mix two releases',
    run: [words('note_served', up), ...(from === undefined ? [] : [`point_current ${quote(`${from}-guard`)}`])].join(
      ' && ',
    ),
    ...(back.length > 0 && { undo: back.join(' && ') }),
    reversibility: 'reversible',
    deadline: switching.healthyWithin + 60,
  }
}

/** What was made and is kept then would be mixed with what serves, too: as long as one of those is there, it is guarded. */
export function leadBack(from: string, kept: readonly string[]): string {
  return words(kept.length === 0 ? 'point_current' : 'lead_back', [from, ...kept])
}

/** What starts while the old still serves. */
export function besideOf(changes: readonly Change[]): readonly Change[] {
  return changes.filter(({ service }) => service.beside)
}

/** Web services that old and new run of beside each other. */
export function webOf(changes: readonly Change[]): readonly Change[] {
  return lasting(besideOf(changes))
}

/** Replaced by every release, and never beside their successors. */
export function inTurnOf(changes: readonly Change[]): readonly Change[] {
  return changes.filter((change) => isOfTheSet(change) && !change.service.beside)
}

/** Those of which containers are made. */
export function freshOf(changes: readonly Change[]): readonly Change[] {
  return changes.filter(({ action }) => action === 'create' || action === 'replace')
}

/** What is to run from now on. */
export function lasting(changes: readonly Change[]): readonly Change[] {
  return changes.filter((change) => !isJob(change))
}

export function edgesOf(changes: readonly Change[]): readonly Change[] {
  return changes.filter(({ service }) => service.kind === 'edge')
}

/** Those of them that lead to a slot. */
export function switchedOf(changes: readonly Change[], { switched }: Pick<Switching, 'switched'>): readonly Change[] {
  return changes.filter(({ name }) => switched.includes(name))
}

/** The edges that are told where to lead: those of the given services, and those that no release replaces. */
export function toldOf(services: readonly Change[], { switched }: Pick<Switching, 'switched'>): readonly string[] {
  return [...switchedOf(services, { switched }).map(({ name }) => name), ...switched.filter(isOutside)]
}

export function aliveOf(changes: readonly Change[]): readonly Change[] {
  return changes.filter(({ action, alive }) => action === 'replace' && alive.length > 0)
}
