import type { Fault, Strike } from './faults.ts'
import type { Case } from './world/cases.ts'

/** What is tried: a case, and what strikes when. */
export interface Trial extends Case {
  readonly strikes: readonly Strike[]
}

/** Where to strike, by the start of an instant's name: the first of that name after the strike before. */
export type Aim = readonly (readonly [fault: Fault, instant: string])[]
