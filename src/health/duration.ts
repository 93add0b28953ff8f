const DURATION = /^(?<amount>\d+(?:\.\d+)?)(?<unit>ms|s|m)?$/
const MILLISECONDS = { ms: 1, s: 1000, m: 60_000 } as const

/** Parses `500ms`, `2s`, `1.5m`, or a bare number of seconds, into milliseconds. */
export function parseDuration(text: string): number | undefined {
  const { amount, unit = 's' } = DURATION.exec(text.trim())?.groups ?? {}
  if (amount === undefined) return undefined
  return Math.round(Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS])
}

/** `340 ms`, `2.1 s`, `3 min 5 s`: as exact as a reader of latencies needs it. */
export function formatDuration(milliseconds: number): string {
  const whole = Math.round(milliseconds)
  const tenths = Math.round(milliseconds / 100) / 10
  const seconds = Math.round(milliseconds / 1000)
  if (whole < 1000) return `${whole} ms`
  if (tenths < 60) return `${tenths} s`
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
