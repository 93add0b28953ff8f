/** A stretch of time drawn from the left edge to the right one. */
export interface TimeScale {
  readonly start: number
  readonly end: number
}

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600].map((seconds) => seconds * 1000)

/** A moment as a share of the width, in percent; what lies outside is drawn at the edge. */
export function position({ start, end }: TimeScale, at: number): number {
  const share = (100 * (at - start)) / Math.max(1, end - start)
  return round(Math.min(100, Math.max(0, share)))
}

/** `left` and `width` of a span, for a style attribute. */
export function spanStyle(scale: TimeScale, start: number, end: number): string {
  const left = position(scale, start)
  return `left:${left}%;width:${round(position(scale, end) - left)}%`
}

/** Round moments from zero on, at most `most` of them. */
export function ticks({ start, end }: TimeScale, most: number): readonly number[] {
  const step = steps.find((each) => (end - start) / each <= most) ?? end - start
  const first = Math.ceil(start / step)
  return Array.from({ length: Math.floor(end / step) - first + 1 }, (_, index) => (first + index) * step)
}

/**
 * CSS properties for lines at every tick, drawn as a repeated background. A background's position in percent is a share of
 * the width that it does not cover itself (https://www.w3.org/TR/css-backgrounds-3/#the-background-position).
 */
export function gridStyle(scale: TimeScale, [first = scale.start, second = scale.end]: readonly number[]): string {
  const step = position(scale, scale.start + second - first)
  const offset = step < 100 ? position(scale, first) / (1 - step / 100) : 0
  return `--tick:${step}%;--first:${round(offset)}%`
}

/** Latencies from 1 ms at the bottom to the slowest that is asked for at the top, on a logarithmic scale; 0 is the top. */
export const slowest = 2000

export function height(milliseconds: number): number {
  const share = Math.log10(Math.max(1, milliseconds)) / Math.log10(slowest)
  return round(100 * (1 - Math.min(1, share)))
}

export function round(value: number): number {
  return Math.round(value * 100) / 100
}
