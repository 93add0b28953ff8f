import { FAULTS, type Fault } from './faults.ts'
import { knownDefect } from './defects.ts'
import { type Instant, type Planted, type Report, run } from './run.ts'
import type { Aim, Trial } from './trial.ts'
import { type Case, isIrreversible, isRolling, VERBS, WORLDS } from './world/cases.ts'

/** What an enumeration found. */
export interface Tally {
  /** Runs in which each strike found something to strike. */
  states: number
  /** In words that lead to the run again. */
  readonly violations: string[]
  /** What is known and not mended yet, by its name in `defects.ts`. */
  readonly known: Map<string, number>
}

/** A rollback migrates nothing. It goes one service after the other as a deploy does, so one of those is enough. */
export const CASES: readonly Case[] = WORLDS.flatMap((world) =>
  VERBS.filter(
    (verb) => verb === 'deploy' || !(isIrreversible(world) || (isRolling(world) && world !== 'rolling')),
  ).map((verb) => ({ world, verb })),
)

/** In recovery those are struck twice that differ: cut-offs and lost links of one kind each. */
const SECOND_FAULTS = FAULTS.filter((fault) => !/kept|torn|gone/.test(fault))

export function emptyTally(): Tally {
  return { states: 0, violations: [], known: new Map() }
}

/** Every fault at every instant of a case. */
export function singleFaults(tried: Case): readonly Trial[] {
  const { instants } = run({ ...tried, strikes: [] })
  return instants.flatMap((_, at) => FAULTS.map((fault) => ({ ...tried, strikes: [{ at, fault }] })))
}

/** Before each effect, after it, and after its record; and when all is done. */
export function isBoundary(name: string): boolean {
  return name === 'at rest' || /^(before|after|recorded (did|undid)) /.test(name)
}

/** The same of what is no step forward: ways back, gates, and what follows the commit. */
function isOfRecovery(name: string): boolean {
  return isBoundary(name) && !/^(before|after|recorded did) (run )?(prepare|migrate|switch|commit) /.test(name)
}

/** What neither the agent nor the disk notices at that moment: all boundaries within one stretch are the same to it. */
const UNNOTICED: readonly Fault[] = ['runner killed', 'link lost', 'engine terminated', 'engine killed']

/** The faults that are worth striking with at an instant, since no later boundary of the stretch is the same to them. */
function worthStriking(instants: readonly Instant[], at: number): readonly Fault[] {
  const { turn } = instants[at] ?? {}
  const isLast = !instants.slice(at + 1, at + 12).some((later) => later.turn === turn && isBoundary(later.name))
  return isLast ? SECOND_FAULTS : SECOND_FAULTS.filter((fault) => !UNNOTICED.includes(fault))
}

/** First faults at the boundaries of steps, which a second one may follow. */
export function firstFaults(tried: Case): readonly Trial[] {
  const { instants } = run({ ...tried, strikes: [] })
  return instants.flatMap(({ name }, at) =>
    isBoundary(name) ? worthStriking(instants, at).map((fault) => ({ ...tried, strikes: [{ at, fault }] })) : [],
  )
}

/** Every second fault at the boundaries of the recovery from the first; none where the same recovery was struck before. */
export function secondFaults(first: Trial, seen: Set<string>): readonly Trial[] {
  const report = run(first, {}, true)
  if (!report.struck) return []
  const key = recoveryOf(first, report)
  if (seen.has(key)) return []
  seen.add(key)
  const start = (first.strikes[0]?.at ?? 0) + 1
  return report.instants.flatMap(({ name }, at) =>
    at >= start && isOfRecovery(name)
      ? worthStriking(report.instants, at).map((fault) => ({ ...first, strikes: [...first.strikes, { at, fault }] }))
      : [],
  )
}

/** Names what follows a strike: the state that it met, and what happens then, at which times. Where only ways back are
 * gone, it does not matter how the new release would have done. */
function recoveryOf({ world, verb, strikes: [strike] }: Trial, { instants, struckState, result }: Report): string {
  const rest = instants.slice((strike?.at ?? 0) + 1)
  const start = instants[strike?.at ?? 0]?.time ?? 0
  const isForward = result === 'committed' || rest.some(({ name }) => /^before run (?!finish)/.test(name))
  const matters = isForward || world === 'old already bad' || isIrreversible(world)
  const times = rest.map(({ name, time }) => `${name} ${(time - start).toFixed(2)}`)
  return [matters ? world : '', verb, struckState, ...times].join('\n')
}

/** Runs one trial and notes what it found. */
export function note(tally: Tally, trial: Trial, planted?: Planted): void {
  const report = reportOf(trial, planted)
  if (!report.struck) return
  tally.states++
  const strikes = trial.strikes.map(({ at, fault }) => ({ fault, instant: report.instants[at]?.name ?? '' }))
  for (const violation of report.violations) {
    const known = knownDefect({ violation, world: trial.world, result: report.result, strikes })
    if (known === undefined) tally.violations.push(`${violation}: ${formatTrial(trial, report)}`)
    else tally.known.set(known, (tally.known.get(known) ?? 0) + 1)
  }
}

function reportOf(trial: Trial, planted?: Planted): Report {
  try {
    return run(trial, planted)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { instants: [], struckState: '', violations: [why], struck: true, result: undefined, endedAt: 0 }
  }
}

function formatTrial({ world, verb, strikes }: Trial, { instants }: Report): string {
  const struck = strikes.map(({ at, fault }) => `${fault} at ${at} (${instants[at]?.name ?? ''})`)
  return `${verb}, ${world}, ${struck.join(', then ')}`
}

/** A trial that strikes where it was aimed. */
export function aimed(tried: Case, aim: Aim): Trial {
  let trial: Trial = { ...tried, strikes: [] }
  for (const [fault, instant] of aim) {
    const last = trial.strikes.at(-1)?.at ?? -1
    const at = run(trial).instants.findIndex(({ name }, index) => index > last && name.startsWith(instant))
    if (at < 0) throw new Error(`there is no instant ${instant}`)
    trial = { ...trial, strikes: [...trial.strikes, { at, fault }] }
  }
  return trial
}

/** A generator of numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A second fault behind a random first one, both at any instant; undefined where the first strikes nothing. */
export function randomDouble(random: () => number): Trial | undefined {
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)]
  const tried = pick(CASES)
  const faults: readonly (Fault | undefined)[] = [pick(FAULTS), pick(FAULTS)]
  const [fault, second] = faults
  if (!tried || !fault || !second) return undefined
  const at = Math.floor(random() * run({ ...tried, strikes: [] }).instants.length)
  const first = run({ ...tried, strikes: [{ at, fault }] })
  const rest = first.instants.length - at - 1
  if (!first.struck || rest <= 0) return undefined
  return {
    ...tried,
    strikes: [
      { at, fault },
      { at: at + 1 + Math.floor(random() * rest), fault: second },
    ],
  }
}
