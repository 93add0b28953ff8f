import { type Bucket, succeeded } from '../availability.mts'
import type { Sample } from '../recording.mts'
import { html, type Html } from './html.mts'
import { height, position, type TimeScale } from './scale.mts'

/** Where lines are drawn across, with their labels. */
const levels = [
  { ms: 10, label: '10 ms' },
  { ms: 100, label: '100 ms' },
  { ms: 1000, label: '1 s' },
]

/** Median as a line, the 95th percentile as the edge of an area; a gap where nothing was answered well. */
export function latencyLines(scale: TimeScale, buckets: readonly Bucket[]): Html {
  const x = ({ start, end }: Bucket): number => 10 * position(scale, (start + end) / 2)
  const stretches = split(buckets)
  const line = (value: (bucket: Bucket) => number): string =>
    stretches.map((each) => `M${each.map((bucket) => `${x(bucket)} ${height(value(bucket))}`).join('L')}`).join('')
  const area = stretches.map((each) => {
    const edge = (value: (bucket: Bucket) => number) => (bucket: Bucket) => `${x(bucket)} ${height(value(bucket))}`
    const over = each.map(edge(({ p95 }) => p95 ?? 0))
    const under = each.map(edge(({ median }) => median ?? 0)).reverse()
    return `M${[...over, ...under].join('L')}Z`
  })
  return html`${rules()}<svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">
      <path class="p95" d="${area.join('')}" />
      <path class="median" d="${line(({ median }) => median ?? 0)}" />
    </svg>`
}

/** Each request as a dot, and each that failed as a stroke from top to bottom. */
export function latencyDots(scale: TimeScale, samples: readonly Sample[]): Html {
  const at = (sample: Sample): number => 10 * position(scale, sample.at)
  const dots = samples.filter(succeeded).map((sample) => `M${at(sample)} ${height(sample.ms)}h0`)
  const strokes = samples.filter((sample) => !succeeded(sample)).map((sample) => `M${at(sample)} 0v100`)
  return html`${rules()}<svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">
      <path class="failed" d="${strokes.join('')}" />
      <path class="dots" d="${dots.join('')}" />
    </svg>`
}

function rules(): readonly Html[] {
  return levels.map(({ ms, label }) => html`<i class="level" style="top:${height(ms)}%"><b>${label}</b></i>`)
}

/** Neighbours that both have latencies belong to one line. */
function split(buckets: readonly Bucket[]): readonly (readonly Bucket[])[] {
  const stretches: Bucket[][] = []
  let last: Bucket | undefined
  for (const bucket of buckets) {
    if (bucket.median === undefined) continue
    if (last !== undefined && last.end === bucket.start) stretches.at(-1)?.push(bucket)
    else stretches.push([bucket])
    last = bucket
  }
  return stretches
}
