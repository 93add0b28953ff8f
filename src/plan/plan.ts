import type { Phase } from '../agent/protocol.ts'
import type { Variant } from '../edge/slots.ts'

/** Whether a step's effect can be taken back; `nothing to undo` where it leaves none that matters. */
export type Reversibility = 'reversible' | 'irreversible' | 'unknown' | 'nothing to undo'

/** A step before it has its place. */
export type Unnumbered = Omit<Step, 'id'>

/** One effect on the host, its reason, and its way back. */
export interface Step {
  /** Two digits or more, in order within its phase: the name in the journal. */
  readonly id: string
  readonly title: string
  readonly because: string
  /** A line of shell for the host, on the functions of `src/compose/effects.sh`. */
  readonly run: string
  /** The way back, worked out beforehand; it may be repeated. */
  readonly undo?: string
  /** Asked before any way back is taken: exit code 0 allows it, anything else ends the transaction `stuck`. */
  readonly gate?: string
  /** Where given, it is run only if that step has begun, as in `switch 05`. For steps of `settle`. */
  readonly since?: string
  /** Where given, it is run only if that step has not begun. */
  readonly unless?: string
  readonly reversibility: Reversibility
  /** Seconds until the step counts as failed. */
  readonly deadline: number
}

export interface ServicePlan {
  readonly name: string
  readonly kind: string
  /** `join`: its container stays as it is, and is given the networks of the slots; `tidy`: it stays, and what is left over beside it goes. */
  readonly action: 'create' | 'repair' | 'replace' | 'run' | 'leave' | 'join' | 'tidy' | 'retire' | 'remove'
  /** Why this kind and this action, in words. */
  readonly because: string
  /** Containers that start while all that run now still do. What takes turns with its predecessor adds none. */
  readonly added: number
  /** Of what runs beside its predecessor: whether that one is stopped before the next service starts. */
  readonly goes?: 'with the set' | 'by itself'
  /** What a visitor notices. */
  readonly downtime?: string
}

export interface Plan {
  readonly title: string
  /** Where the release goes; a migration goes nowhere by itself. */
  readonly variant?: Variant
  readonly services: readonly ServicePlan[]
  readonly phases: Partial<Record<Phase, readonly Step[]>>
  /** A line of shell that the agent asks during the trial: anything but exit code 0 undoes it at once. */
  readonly watch?: string
  /** What the reader must know and can't see in the steps. */
  readonly notes: readonly string[]
}

/** Gives the steps of a phase their ids. */
export function numbered(steps: readonly Unnumbered[]): readonly Step[] {
  return steps.map((step, index) => ({ id: String(index + 1).padStart(2, '0'), ...step }))
}

/** The plan with more for its reader. */
export function withNotes(plan: Plan, notes: readonly string[]): Plan {
  return { ...plan, notes: [...plan.notes, ...notes] }
}

/** The plan as the log, the job summary, the dry run and the tests show it. */
export function formatPlan({ title, services, phases, watch, notes }: Plan): string {
  const width = Math.max(...services.map(({ name }) => name.length), 0)
  return [
    title,
    ...services.map(
      ({ name, kind, action, because, downtime }) =>
        `  ${name.padEnd(width)}  ${action.padEnd(7)}  ${kind}: ${because}${downtime === undefined ? '' : `; ${downtime}`}`,
    ),
    ...Object.entries(phases).flatMap(([phase, steps]) => [
      phase === 'settle' ? 'settle, where a migration forbids the way back:' : `${phase}:`,
      ...steps.flatMap(formatStep),
    ]),
    ...(watch === undefined ? [] : ['while on trial, every second:', `  $ ${watch}`]),
    ...notes.map((note) => `note: ${note}`),
  ].join('\n')
}

function formatStep({
  id,
  title,
  because,
  run,
  undo,
  gate,
  since,
  unless,
  reversibility,
  deadline,
}: Step): readonly string[] {
  return [
    `  ${id} ${title}, because ${because} (${reversibility}, at most ${deadline} s)`,
    ...(since === undefined ? [] : [`     only where this has begun: ${since}`]),
    ...(unless === undefined ? [] : [`     only where this has not begun: ${unless}`]),
    `     $ ${run}`,
    ...(gate === undefined ? [] : [`     may it be taken back? $ ${gate}`]),
    ...(undo === undefined ? [] : [`     way back: $ ${undo}`]),
  ]
}
