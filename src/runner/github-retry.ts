import { setTimeout as wait } from 'node:timers/promises'

export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<void>

export const sleep: Sleep = (milliseconds, signal) => wait(milliseconds, undefined, { signal })

/** An answer that was no success, as far as it matters for trying again. */
export interface Refusal {
  /** HTTP status; 0 when there was no answer at all. */
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
}

const ATTEMPTS = 5
/** Longer than this nobody should wait for GitHub inside a deploy. */
const LONGEST_MS = 120_000

/**
 * How long to wait before the same call is worth another attempt; undefined when it isn't.
 *
 * A limit is told by `retry-after`, or by `x-ratelimit-remaining: 0` with the second at which it ends.
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 *
 * @param attempt how many were made, 1 after the first
 * @param now milliseconds since 1970
 */
export function retryDelay({ status, headers }: Refusal, attempt: number, now: number): number | undefined {
  if (attempt >= ATTEMPTS) return undefined
  const limited = status === 429 || status === 403
  const delay = limited ? limitDelay(headers, status, now) : 1000 * 2 ** (attempt - 1)
  const worthIt = limited || status >= 500 || status === 0
  return worthIt && delay !== undefined && delay <= LONGEST_MS ? delay : undefined
}

function limitDelay(headers: Refusal['headers'], status: number, now: number): number | undefined {
  const after = number(headers['retry-after'])
  if (after !== undefined) return after * 1000
  const reset = number(headers['x-ratelimit-reset'])
  if (number(headers['x-ratelimit-remaining']) === 0 && reset !== undefined) return Math.max(0, reset * 1000 - now)
  // A bare 403 is a token without the permission: asking again changes nothing.
  return status === 429 ? 60_000 : undefined
}

function number(header: unknown): number | undefined {
  const value = typeof header === 'string' || typeof header === 'number' ? Number(header) : Number.NaN
  return Number.isFinite(value) ? value : undefined
}
