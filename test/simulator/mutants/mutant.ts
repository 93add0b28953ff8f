import type { Fault } from '../faults.ts'
import type { Planted } from '../run.ts'
import type { Case } from '../world/cases.ts'

/** A planted bug of the protocol, where it is looked for, and the check that must see it. */
export interface Mutant {
  readonly name: string
  readonly planted: Planted
  readonly tried: Case
  readonly faults: readonly Fault[]
  /** What strikes once more when all is at rest. */
  readonly then?: Fault
  readonly caughtBy: RegExp
}

export const FINE: Case = { world: 'new fine', verb: 'deploy' }
export const SICK: Case = { world: 'never healthy', verb: 'deploy' }
export const IRREVERSIBLE: Case = { world: 'irreversible migration', verb: 'deploy' }

export const CUT: readonly Fault[] = ['host cut off', 'host cut off, writes torn']
export const KILLED: readonly Fault[] = ['agent killed']
