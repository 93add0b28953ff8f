const SECONDS = { s: 1, m: 60, h: 3600 } as const

/** Parses `90`, `90s`, `5m` or `1h` to seconds. Returns the problem as a string when it can't. */
export function parseDuration(text: string): number | string {
  const { amount, unit = 's' } = /^(?<amount>\d{1,7})\s*(?<unit>[smh])?$/.exec(text.trim())?.groups ?? {}
  if (amount === undefined) return `write a time such as 90, 90s, 5m or 1h, not "${text}"`
  return Number(amount) * SECONDS[unit as keyof typeof SECONDS]
}

/** Formats seconds for a reader: `0.4 s`, `12 s`, `3 min 5 s`, `2 h`. */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  const parts = [
    [Math.floor(whole / 3600), 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ] as const
  return parts
    .filter(([amount]) => amount > 0)
    .slice(0, 2)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ')
}
