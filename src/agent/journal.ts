import { RESULTS, type Result, STATES, type State } from './protocol.ts'

/** One record of a transaction's journal, as `agent follow` prints it. */
export type JournalEvent =
  | { readonly type: 'began'; readonly phase: string; readonly step: string }
  | { readonly type: 'did' | 'undid'; readonly phase: string; readonly step: string; readonly code: number }
  | { readonly type: 'state'; readonly state: State }
  /** The agent waits for the owner's next word, for `lease` seconds. */
  | { readonly type: 'waiting'; readonly state: State; readonly lease: number }
  | { readonly type: 'blocked'; readonly by: string }
  | { readonly type: 'refused'; readonly word: string; readonly why: string }
  | { readonly type: 'undoing'; readonly cause: string }
  | { readonly type: 'forbidden'; readonly phase: string; readonly step: string }
  | { readonly type: 'ended'; readonly result: Result; readonly cause: string }
  | { readonly type: 'other'; readonly text: string }

export interface JournalRecord {
  /** Counted from 1, without gaps. */
  readonly number: number
  /** Seconds since the epoch, by the host's clock. */
  readonly time: number
  /** Seconds since the host was booted. */
  readonly uptime: number
  readonly event: JournalEvent
}

const RECORD = /^(\d+) (\d+) (\d+) ([\w-]+)(?: (.*))?$/

/** Parses one line of the journal; undefined for what is not a record (the output of a step, behind `> `). */
export function parseRecord(line: string): JournalRecord | undefined {
  const [, number, time, uptime, type, rest = ''] = RECORD.exec(line) ?? []
  if (number === undefined || type === undefined) return undefined
  return {
    number: Number(number),
    time: Number(time),
    uptime: Number(uptime),
    event: parseEvent(type, rest.split(' ')),
  }
}

function parseEvent(type: string, [first = '', second = '', third = '']: readonly string[]): JournalEvent {
  const state = STATES.find((known) => known === first)
  const result = RESULTS.find((known) => known === first)
  switch (type) {
    case 'began':
    case 'forbidden':
      return { type, phase: first, step: second }
    case 'did':
    case 'undid':
      return { type, phase: first, step: second, code: Number(third) }
    case 'blocked':
      return { type, by: first }
    case 'refused':
      return { type, word: first, why: second }
    case 'undoing':
      return { type, cause: first }
    case 'state':
      if (state) return { type, state }
      break
    case 'waiting':
      if (state) return { type, state, lease: Number(second) }
      break
    case 'ended':
      if (result) return { type, result, cause: second }
      break
  }
  return { type: 'other', text: [type, first, second, third].join(' ').trim() }
}
