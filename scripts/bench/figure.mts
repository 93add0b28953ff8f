/** One measured figure and what it is held to. */
export interface Figure {
  readonly what: string
  readonly unit: string
  readonly n: number
  readonly median: number
  /** Smallest and largest. */
  readonly spread: readonly [number, number]
  /** Median of the pairwise ratios to the control, where there is one. */
  readonly ratio?: number
  /** At most. */
  readonly bar: number
  readonly verdict: 'met' | 'missed' | 'void'
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low = 0, high = 0] =
    sorted.length % 2 ? [sorted[middle], sorted[middle]] : [sorted[middle - 1], sorted[middle]]
  return (low + high) / 2
}

export function spread(values: readonly number[]): readonly [number, number] {
  return [round(Math.min(...values)), round(Math.max(...values))]
}

export function round(value: number): number {
  return Math.round(value * 100) / 100
}
