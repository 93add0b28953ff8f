import { script } from '../command/command.ts'
import type { Remote } from '../host/remote.ts'
import { statusProgram } from './programs.ts'
import { explainCause } from './progress.ts'

/** Where a transaction stands at this moment, asked without following it. Times in seconds. */
export type Standing =
  | { readonly kind: 'waiting'; readonly state: string; readonly lease: number; readonly left: number }
  /** Something is being run; the lease begins when that has ended. */
  | { readonly kind: 'busy'; readonly state: string; readonly lease: number }
  | { readonly kind: 'ended'; readonly result: string; readonly cause: string }
  /** There is no such transaction. */
  | { readonly kind: 'none' }

/** Parses what `status.sh` prints; undefined for anything else. */
export function parseStanding(line: string): Standing | undefined {
  const [kind, first = '', second = '', third = ''] = line.trim().split(' ')
  if (kind === 'waiting') return { kind, state: first, lease: Number(second), left: Math.max(0, Number(third)) }
  if (kind === 'busy') return { kind, state: first, lease: Number(second) }
  return kind === 'ended' ? { kind, result: first, cause: second } : undefined
}

/** Undefined when the host did not say. Rejects when the signal is aborted. */
export async function readStanding(
  remote: Remote,
  stackPath: string,
  id: string,
  signal?: AbortSignal,
): Promise<Standing | undefined> {
  const outcome = await remote.run(script(statusProgram, stackPath, id), signal && { signal })
  if (outcome.kind === 'lost') return undefined
  return outcome.code === NO_TRANSACTION ? { kind: 'none' } : parseStanding(outcome.stdout)
}

/** The exit code of all programs of the agent for a transaction that is not there. */
const NO_TRANSACTION = 6

/** As the `State:` of an error. */
export function describeStanding(id: string, standing: Standing | undefined): string {
  if (standing === undefined)
    return `the server could not be asked about ${id}; unless it was confirmed, it goes back by itself`
  switch (standing.kind) {
    case 'waiting':
      return `${id} is ${WORDS[standing.state] ?? standing.state}, not confirmed; in ${standing.left} s (its lease is ${standing.lease} s) the server goes back by itself`
    case 'busy':
      return `${id} is ${WORDS[standing.state] ?? standing.state} and at work; then the server waits ${standing.lease} s for a word, and goes back by itself`
    case 'ended':
      return ENDS[standing.result] ?? `${id} has ended: ${standing.result} (${explainCause(standing.cause)})`
    case 'none':
      return `${id} was not begun; nothing was changed`
  }
}

const WORDS: Readonly<Record<string, string>> = {
  open: 'open',
  prepared: 'prepared',
  migrated: 'migrated',
  proved: 'proved',
  trial: 'on trial',
  committed: 'confirmed',
}

const ENDS: Readonly<Record<string, string>> = {
  committed: 'committed: its release is the live one',
  undone: 'undone: the release before serves',
  stuck: 'stuck: what runs now goes on running, and a human must look at it',
}
