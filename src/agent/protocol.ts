/**
 * The protocol between the runner and the agent, as data: what docs/protocol.md says in words. The tables travel with each
 * plan, so that an agent never follows rules other than those its transaction was planned with.
 */

/** The states of an open transaction. It ends in one of `RESULTS`. */
export const STATES = ['open', 'prepared', 'migrated', 'trial', 'committed'] as const
export type State = (typeof STATES)[number]

/** How a transaction ends. `stuck` pages somebody: neither forward nor back without a human. */
export const RESULTS = ['committed', 'undone', 'stuck'] as const
export type Result = (typeof RESULTS)[number]

/** What the owner lets the agent run. `commit` checks before the decision, `finish` completes what follows from it. */
export const PHASES = ['prepare', 'migrate', 'switch', 'commit', 'finish'] as const
export type Phase = (typeof PHASES)[number]

type Word = `advance:${'prepare' | 'migrate' | 'switch'}` | 'renew' | 'report' | 'confirm' | 'abort'
type Action = `run:${Phase}:${State}` | 'commit' | 'lease' | 'note' | 'undo'

export interface Rule {
  readonly state: State | '*'
  readonly word: Word
  /** `owner`: only who knows the nonce; `any`: whoever reaches the host. */
  readonly who: 'owner' | 'any'
  readonly action: Action
}

/** State x verb x owner or other. What is not in the table is refused. */
export const VERBS: readonly Rule[] = [
  { state: 'open', word: 'advance:prepare', who: 'owner', action: 'run:prepare:prepared' },
  { state: 'prepared', word: 'advance:migrate', who: 'owner', action: 'run:migrate:migrated' },
  { state: 'prepared', word: 'advance:switch', who: 'owner', action: 'run:switch:trial' },
  { state: 'migrated', word: 'advance:switch', who: 'owner', action: 'run:switch:trial' },
  { state: 'trial', word: 'confirm', who: 'owner', action: 'commit' },
  { state: '*', word: 'renew', who: 'owner', action: 'lease' },
  { state: '*', word: 'report', who: 'owner', action: 'note' },
  { state: '*', word: 'abort', who: 'any', action: 'undo' },
]

/** What becomes of a transaction whose agent is gone: before the commit it is undone, after it completed. */
export const RECOVERY: readonly { readonly state: State; readonly action: 'undo' | 'wind-up' }[] = [
  { state: 'open', action: 'undo' },
  { state: 'prepared', action: 'undo' },
  { state: 'migrated', action: 'undo' },
  { state: 'trial', action: 'undo' },
  { state: 'committed', action: 'wind-up' },
]

/** The table as the agent reads it: one row a line, fields apart by a space. */
export function formatVerbs(): string {
  return VERBS.map(({ state, word, who, action }) => `${state} ${word} ${who} ${action}\n`).join('')
}

export function formatRecovery(): string {
  return RECOVERY.map(({ state, action }) => `${state} crash any ${action}\n`).join('')
}
