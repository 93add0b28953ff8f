import type { Phase } from '../../../src/agent/protocol.ts'

/** A step whose effect is a line in the trace. */
export interface TraceStep {
  readonly name: string
  /** Exit code of the step. */
  readonly code: number
  /** How often its way back fails before it succeeds. */
  readonly undoFails: number
  readonly hasUndo: boolean
  /** Whether its gate allows going back; undefined: it has none. */
  readonly gate: boolean | undefined
  /** Run only if that step has begun, as in `switch 02`; undefined: in any case. */
  readonly since: string | undefined
  /** Run only if that step has not begun; undefined: in any case. */
  readonly unless: string | undefined
  /** It ends only when it is let go. */
  readonly isHeld: boolean
}

export type Phases = Partial<Record<Phase, readonly TraceStep[]>>

/** What is done to a transaction from outside, one after the other. */
export type Deed =
  | { readonly do: 'say'; readonly words: readonly string[]; readonly as: 'owner' | 'other' }
  /** Brings the steps of a migration, and has them run. */
  | { readonly do: 'migrate'; readonly steps: readonly TraceStep[] }
  /** Says words that lead to a held step, or opens the transaction; while it is held, other words; then lets it go. */
  | {
      readonly do: 'say meanwhile'
      readonly step: string
      readonly words: readonly string[]
      readonly others: readonly (readonly string[])[]
    }
  /** As before, but an abort ends the step. */
  | { readonly do: 'abort meanwhile'; readonly step: string; readonly words: readonly string[] }
  /** As before, but the agent is killed, and not its effect; then the transaction is recovered. */
  | { readonly do: 'kill meanwhile'; readonly step: string; readonly words: readonly string[] }
  | { readonly do: 'kill' }
  | { readonly do: 'recover' }
  /** A crash that leaves half of the last record. */
  | { readonly do: 'tear' }
  /** The watch says no from now on. */
  | { readonly do: 'fall' }
  /** Waits until the lease is over. */
  | { readonly do: 'expire' }
  /** Another transaction, which finds the stack taken, or the ledger longer than it knew. */
  | { readonly do: 'open another' }

export interface Trace {
  readonly name: string
  readonly phases: Phases
  readonly hasWatch: boolean
  /** Seconds. */
  readonly lease: number
  readonly deeds: readonly Deed[]
}

/** What can be seen of a trace that was run. */
export interface Seen {
  /** What came of each deed. */
  readonly answers: readonly string[]
  /** The journals of all transactions, without numbers and times. */
  readonly journals: readonly (readonly string[])[]
  /** What the effects did, in order. */
  readonly trace: readonly string[]
  /** Results and causes, in order. */
  readonly ledger: readonly string[]
  readonly isOpen: boolean
}

/** Seconds that the other transaction waits for the lock. */
export const OTHER_LOCK_TIMEOUT = 1

export function traceStep(name: string, more: Partial<Omit<TraceStep, 'name'>> = {}): TraceStep {
  return {
    ...{
      name,
      code: 0,
      undoFails: 0,
      hasUndo: true,
      gate: undefined,
      since: undefined,
      unless: undefined,
      isHeld: false,
    },
    ...more,
  }
}

export const PLAIN: Phases = {
  prepare: [traceStep('p1')],
  switch: [traceStep('s1'), traceStep('s2')],
  commit: [traceStep('c1')],
  finish: [traceStep('f1'), traceStep('f2')],
  settle: [traceStep('t1'), traceStep('t2', { since: 'switch 02' }), traceStep('t3', { unless: 'switch 02' })],
}
