import { formatDuration } from '../runner/duration.ts'

/** The transaction that holds a stack, as `agent follow` tells it to the one who waits. */
export interface Holder {
  readonly tx: string
  /** Seconds since the epoch by the host's clock, as are all times here. */
  readonly since: number
  /** A state of the protocol, or `undoing`. */
  readonly state: string
  readonly action: string
  readonly version: string
  readonly actor: string
  /** The page of its run. */
  readonly run: string
}

/** Parses what follows a record `blocked`; undefined for anything else. */
export function parseHolder(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Partial<Record<keyof Holder, unknown>>
    const { tx, since, state, action, version, actor, run } = value
    const texts = [tx, state, action, version, actor, run].map((each) => (typeof each === 'string' ? each : ''))
    const [id = '', at = '', what = '', name = '', who = '', page = ''] = texts
    if (id === '' || typeof since !== 'number') return undefined
    return { tx: id, since, state: at, action: what, version: name, actor: who, run: page }
  } catch {
    return undefined
  }
}

/** `a deploy of v2 by octocat (https://...), on trial, since 23:30:00 UTC, that is 2 min 5 s`. */
export function describeHolder({ tx, since, state, action, version, actor, run }: Holder, now: number): string {
  const time = new Date(since * 1000).toISOString().slice(11, 19)
  return [
    `a ${action || 'change'}${version && ` of ${version}`}${actor && ` by ${actor}`} (${run || tx})`,
    STATES[state] ?? 'just begun',
    `since ${time} UTC, that is ${formatDuration(Math.max(0, Math.round(now - since)))}`,
  ].join(', ')
}

const STATES: Readonly<Record<string, string>> = {
  open: 'being prepared',
  prepared: 'prepared',
  migrated: 'with its database migrated',
  trial: 'on trial',
  committed: 'confirmed and tidying up',
  undoing: 'going back',
}
