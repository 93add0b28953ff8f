import type { Fault } from './faults.ts'
import type { Aim } from './trial.ts'
import type { Case, World } from './world/cases.ts'

/** What is known of a run when a violation of it is looked up. */
export interface Finding {
  readonly violation: string
  readonly world: World
  readonly result: string | undefined
  readonly strikes: readonly { readonly fault: Fault; readonly instant: string }[]
}

interface Defect {
  readonly name: string
  readonly matches: (finding: Finding) => boolean
  /** Where it is seen. */
  readonly example: readonly [tried: Case, aim: Aim]
}

/**
 * What the simulator has found and is not mended yet: nothing. One that is listed is counted, not forgiven: a test wants to see
 * each of them still, so that whoever mends one takes it out here.
 */
export const DEFECTS: readonly Defect[] = []

/** The name of the defect that a violation comes from. */
export function knownDefect(finding: Finding): string | undefined {
  return DEFECTS.find(({ matches }) => matches(finding))?.name
}
