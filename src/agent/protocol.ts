/**
 * The protocol between the runner and the agent, as data: what docs/protocol.md says in words. The tables travel with each
 * plan, so that an agent never follows rules other than those its transaction was planned with.
 */

/** The states of an open transaction; the last two are decisions, each a record of its own. It ends in one of `RESULTS`. */
export const STATES = ['open', 'prepared', 'migrated', 'proved', 'trial', 'forbidden', 'committed'] as const
export type State = (typeof STATES)[number]

/** How a transaction ends. `stuck` pages somebody: neither forward nor back without a human. */
export const RESULTS = ['committed', 'undone', 'stuck'] as const
export type Result = (typeof RESULTS)[number]

/**
 * What the agent runs. `prove` is there where the new release can be asked before visitors are led to it; `commit` checks before
 * the decision, `finish` completes what follows from it; `settle` comes in place of the way back where a gate forbids that.
 */
export const PHASES = ['prepare', 'migrate', 'prove', 'switch', 'commit', 'finish', 'settle'] as const
export type Phase = (typeof PHASES)[number]

type Word = `advance:${'prepare' | 'migrate' | 'prove' | 'switch'}` | 'renew' | 'report' | 'confirm' | 'abort'
type Action = `run:${Phase}:${State}` | 'commit' | 'lease' | 'note' | 'undo'

export interface Rule {
  readonly state: State | '*'
  readonly word: Word
  /** `owner`: only who knows the nonce; `any`: whoever reaches the host. */
  readonly who: 'owner' | 'any'
  readonly action: Action
}

/** State x verb x owner or other. What is not in the table is refused; of `advance switch` a plan has what leads on from its phases. */
export const VERBS: readonly Rule[] = [
  { state: 'open', word: 'advance:prepare', who: 'owner', action: 'run:prepare:prepared' },
  { state: 'prepared', word: 'advance:migrate', who: 'owner', action: 'run:migrate:migrated' },
  { state: 'prepared', word: 'advance:prove', who: 'owner', action: 'run:prove:proved' },
  { state: 'migrated', word: 'advance:prove', who: 'owner', action: 'run:prove:proved' },
  { state: 'proved', word: 'advance:switch', who: 'owner', action: 'run:switch:trial' },
  { state: 'prepared', word: 'advance:switch', who: 'owner', action: 'run:switch:trial' },
  { state: 'migrated', word: 'advance:switch', who: 'owner', action: 'run:switch:trial' },
  { state: 'trial', word: 'confirm', who: 'owner', action: 'commit' },
  { state: '*', word: 'renew', who: 'owner', action: 'lease' },
  { state: '*', word: 'report', who: 'owner', action: 'note' },
  { state: '*', word: 'abort', who: 'any', action: 'undo' },
]

/** What becomes of a transaction whose agent is gone: before a decision it is undone, after one what follows is completed. */
export const RECOVERY: readonly { readonly state: State; readonly action: 'undo' | 'settle' | 'wind-up' }[] = [
  { state: 'open', action: 'undo' },
  { state: 'prepared', action: 'undo' },
  { state: 'migrated', action: 'undo' },
  { state: 'proved', action: 'undo' },
  { state: 'trial', action: 'undo' },
  { state: 'forbidden', action: 'settle' },
  { state: 'committed', action: 'wind-up' },
]

/** What an agent holds itself to. */
export const LIMITS = {
  /** Times that a transaction is taken up again after its agent died; once more ends it `stuck`. */
  recoveries: 3,
  /** KiB set aside at `open`, so that going back has space on a full disk. */
  reserve: 1024,
  /** Transactions whose folders stay on the host. */
  transactions: 50,
} as const

/** Why a transaction ended as the agent words it, and what that means. A failed step is named `PHASE-STEP` instead. */
export const CAUSES: Readonly<Record<string, string>> = {
  aborted: 'it was aborted',
  'lease-expired': 'nobody confirmed it in time',
  'unwell-in-trial': 'a new container was restarted, ended or became unhealthy during the trial',
  'agent-gone': 'the agent had died',
  'recovered-too-often': `the agent died again after ${LIMITS.recoveries} recoveries`,
  'stale-plan': 'another transaction changed the stack after this one was planned',
  'lock-timeout': 'another transaction held the stack for too long',
  'not-recovered': 'the transaction before could not be brought to its end',
  'no-space': 'the disk has no space for the way back',
  'journal-not-written': 'the journal could not be written; is the disk full?',
}

/** Those of a plan: the new release is proved by a phase of its own, or within the switch. */
export function verbsOf(phases: Partial<Record<Phase, unknown>>): readonly Rule[] {
  const leftOut = phases.prove === undefined ? ['advance:prove'] : ['advance:switch']
  return VERBS.filter(({ state, word }) => state === 'proved' || !leftOut.includes(word))
}

/** The table as the agent reads it: one row a line, fields apart by a space. */
export function formatVerbs(phases: Partial<Record<Phase, unknown>>): string {
  return verbsOf(phases)
    .map(({ state, word, who, action }) => `${state} ${word} ${who} ${action}\n`)
    .join('')
}

export function formatRecovery(): string {
  return RECOVERY.map(({ state, action }) => `${state} crash any ${action}\n`).join('')
}

export function formatLimits(): string {
  return Object.entries(LIMITS)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('')
}
