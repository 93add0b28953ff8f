import type { Pair } from './figure.mts'

/**
 * Measures something and its control so many times, now the one first and now the other: what changes slowly on the
 * machine meets both.
 *
 * @param next comes before each pair and is not measured
 */
export async function inPairs(
  n: number,
  measure: () => Promise<number>,
  control: () => Promise<number | undefined>,
  next: () => Promise<unknown> = () => Promise.resolve(),
): Promise<readonly Pair[]> {
  const pairs: Pair[] = []
  for (let turn = 0; turn < n; turn++) {
    await next()
    if (turn % 2 === 0) pairs.push({ measured: await measure(), control: await control() })
    else {
      const first = await control()
      pairs.push({ measured: await measure(), control: first })
    }
  }
  return pairs
}
