import { loadavg } from 'node:os'

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
  /** At most; a figure without is told, not held. */
  readonly bar?: number
  /** What the bar is for, where it is not the median. */
  readonly barFor?: 'ratio'
  readonly control?: Control
  /** Of the machine in the last minute, when this was measured on a host of the lab. */
  readonly load?: number
  readonly verdict: 'met' | 'missed' | 'void' | 'told'
}

/** What was measured beside it, in the same unit. */
export interface Control {
  readonly what: string
  readonly median: number
  readonly spread: readonly [number, number]
}

/** One measurement and its control; a control that failed has no figure. */
export interface Pair {
  readonly measured: number
  readonly control: number | undefined
}

export interface Question {
  readonly what: string
  readonly unit: string
  readonly control: string
  readonly bar?: number
  /** `beyond`: the median of the differences; `ratio`: of the quotients; else of what was measured. */
  readonly hold?: 'beyond' | 'ratio'
}

/** A control whose largest figure is beyond so many times its median tells that the machine had other things to do. */
const UNSTEADY = 2

/** A failed control makes a figure void. An unsteady one does where the bar would have been missed. */
export function figureOf({ what, unit, control: name, bar, hold }: Question, pairs: readonly Pair[]): Figure {
  const whole = pairs.flatMap(({ measured, control }) => (control === undefined ? [] : [{ measured, control }]))
  const values = whole.map(({ measured, control }) => (hold === 'beyond' ? measured - control : measured))
  const ratio = median(whole.map(({ measured, control }) => measured / control))
  const controls = whole.map(({ control }) => control)
  const held = hold === 'ratio' ? ratio : median(values)
  const isVoid = whole.length === 0 || whole.length < pairs.length
  return {
    what,
    unit,
    n: whole.length,
    median: round(median(values)),
    spread: spread(values),
    ratio: round(ratio),
    ...(bar !== undefined && { bar }),
    ...(hold === 'ratio' && { barFor: hold }),
    control: { what: name, median: round(median(controls)), spread: spread(controls) },
    load: round(loadavg()[0] ?? 0),
    verdict: isVoid
      ? 'void'
      : bar === undefined
        ? 'told'
        : held <= bar
          ? 'met'
          : isUnsteady(controls)
            ? 'void'
            : 'missed',
  }
}

export function isUnsteady(controls: readonly number[], beyond = UNSTEADY): boolean {
  return Math.max(...controls) > beyond * median(controls)
}

/** One line for who watches. */
export function describeFigure({ what, unit, median: middle, ratio, bar, barFor, control, verdict }: Figure): string {
  const beside = control === undefined ? '' : ` (${ratio ?? '?'} x of ${control.what}: ${control.median} ${unit})`
  const limit = bar === undefined ? '' : `, bar ${bar} ${barFor === 'ratio' ? 'x' : unit}`
  return `${verdict.padEnd(6)} ${what}: ${middle} ${unit}${beside}${limit}`
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low = 0, high = 0] =
    sorted.length % 2 ? [sorted[middle], sorted[middle]] : [sorted[middle - 1], sorted[middle]]
  return (low + high) / 2
}

export function spread(values: readonly number[]): readonly [number, number] {
  return values.length === 0 ? [0, 0] : [round(Math.min(...values)), round(Math.max(...values))]
}

export function round(value: number): number {
  return Math.round(value * 100) / 100
}
