import type { Sample } from './recording.mts'

/** A time during which every request failed, as a visitor sees it: from the first that failed to the next that did not. */
export interface Outage {
  readonly start: number
  readonly end: number
  readonly failed: number
}

/** A time during which one version answered, well or not. */
export interface VersionBand {
  readonly version: string
  readonly start: number
  readonly end: number
}

/** Answers of a stretch of time; latencies are of those that succeeded. */
export interface Bucket {
  readonly start: number
  readonly end: number
  readonly sent: number
  readonly failed: number
  readonly median: number | undefined
  readonly p95: number | undefined
}

export const succeeded = ({ status }: Sample): boolean => status === 200

/** Samples in the order in which they were sent; they are recorded as they are answered. */
export function inOrder(samples: readonly Sample[]): readonly Sample[] {
  return [...samples].sort((a, b) => a.at - b.at)
}

/** From the first good answer on: before it nothing was there that could have failed. */
export function sinceFirstAnswer(samples: readonly Sample[]): readonly Sample[] {
  const first = samples.findIndex(succeeded)
  return first === -1 ? [] : samples.slice(first)
}

/** Runs of failed requests. One that lasts until the end of the recording ends with it. */
export function findOutages(samples: readonly Sample[], end: number): readonly Outage[] {
  const outages: Outage[] = []
  let failed: Sample[] = []
  const close = (at: number): void => {
    const [first] = failed
    if (first !== undefined) outages.push({ start: first.at, end: at, failed: failed.length })
    failed = []
  }
  for (const sample of samples) {
    if (succeeded(sample)) close(sample.at)
    else failed.push(sample)
  }
  close(end)
  return outages
}

/** Which version answered when. Where answers come without a version, nothing is claimed. */
export function findVersions(samples: readonly Sample[]): readonly VersionBand[] {
  const bands: { version: string; start: number; end: number }[] = []
  for (const [index, { at, version }] of samples.entries()) {
    if (version === null) continue
    const end = samples[index + 1]?.at ?? at
    const last = bands.at(-1)
    if (last?.version === version && samples[index - 1]?.version === version) last.end = end
    else bands.push({ version, start: at, end })
  }
  return bands
}

/** Splits the time into stretches of `width` milliseconds; stretches without a request are left out. */
export function bucketize(samples: readonly Sample[], width: number): readonly Bucket[] {
  const groups = Map.groupBy(samples, ({ at }) => Math.floor(at / width))
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([index, group]) => {
      const good = group.filter(succeeded)
      return {
        start: index * width,
        end: (index + 1) * width,
        sent: group.length,
        failed: group.length - good.length,
        median: percentile(good, 0.5),
        p95: percentile(good, 0.95),
      }
    })
}

/** The latency that a share of the samples did not exceed (nearest rank); undefined of none. */
export function percentile(samples: readonly Sample[], share: number): number | undefined {
  const sorted = samples.map(({ ms }) => ms).sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
}
