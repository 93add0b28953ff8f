import type { Outcome, Result } from '../recording.mts'

/** Shape and word of an outcome, so that no colour has to be told from another. */
export const outcomeMark: Readonly<Record<Outcome, string>> = {
  confirmed: '✓',
  'gone back': '↩',
  'rolled back': '⟲',
  failed: '✕',
}

export const resultWord: Readonly<Record<Result, string>> = { success: 'green', failure: 'red' }

/** `12.3 s`; under a minute in tenths, above in minutes. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`
  return formatMoment(milliseconds)
}

/** `3:07`, since the recording began. */
export function formatMoment(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** `12,345`. */
export const formatCount = (count: number): string => count.toLocaleString('en')

/** Never rounded up to 100 %. */
export function formatShare(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toFixed(1)} %`
}

export const slug = (host: string, number: number): string => `deploy-${number}-${host}`
