import { expectState } from '../../src/agent/outcome.ts'
import { type Progress, ProgressReader } from '../../src/agent/progress.ts'
import type { State } from '../../src/agent/protocol.ts'
import { journal } from './journal.ts'

/** What a reader makes of lines: what it told on, and where the transaction stands. */
export interface Followed {
  readonly log: string
  readonly next: number
  readonly progress: Progress | undefined
}

export function follow(...parts: readonly string[]): Followed {
  const lines: string[] = []
  const reader = new ProgressReader({ line: (text) => void lines.push(text) })
  for (const line of parts.join('').trimEnd().split('\n')) reader.read(line)
  return { log: lines.join('\n'), next: reader.next, progress: reader.progress }
}

/** The log, then the error that an action makes of where the transaction stands, as its user sees both. */
export function told(text: string, wanted: State = 'trial'): string {
  const { log, progress } = follow(journal(text))
  if (!progress) return `${log}\n(nothing)`
  const undertaking = { what: 'switch to the new release', host: 'deploy@web1', path: '/srv/shop' }
  try {
    expectState(progress, wanted, undertaking)
    return `${log}\n(as expected)`
  } catch (error) {
    return `${log}\n\n${String(error)}`
  }
}
