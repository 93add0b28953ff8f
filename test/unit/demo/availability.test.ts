import { describe, expect, test } from 'vitest'
import {
  bucketize,
  findOutages,
  findVersions,
  inOrder,
  percentile,
  sinceFirstAnswer,
} from '../../../scripts/demo/availability.mts'
import type { Sample } from '../../../scripts/demo/recording.mts'
import { samples } from './samples.ts'

describe('Outages', () => {
  test('last from the first request that failed to the next that did not', () => {
    const seen = samples('v1 v1 - 502 v2 v2 - v2')
    expect(findOutages(seen, 800)).toEqual([
      { start: 200, end: 400, failed: 2 },
      { start: 600, end: 700, failed: 1 },
    ])
  })

  test('that do not end last until the end of the recording', () => {
    expect(findOutages(samples('v1 - -'), 2000)).toEqual([{ start: 100, end: 2000, failed: 2 }])
  })

  test('are not counted before the first good answer', () => {
    expect(sinceFirstAnswer(samples('- 502 v1 -'))).toEqual(samples('- 502 v1 -').slice(2))
    expect(sinceFirstAnswer(samples('- 502'))).toEqual([])
  })

  test('are found in the order of sending, though a slow failure is recorded last', () => {
    const [first, slow, third] = samples('v1 - v1')
    const recorded = [first, third, slow].filter((each): each is Sample => each !== undefined)
    expect(findOutages(inOrder(recorded), 300)).toEqual([{ start: 100, end: 200, failed: 1 }])
  })
})

describe('Versions', () => {
  test('last until another request is sent that does not come from them', () => {
    expect(findVersions(samples('v1 v1 - v2 v2:502 v1'))).toEqual([
      { version: 'v1', start: 0, end: 200 },
      { version: 'v2', start: 300, end: 500 },
      { version: 'v1', start: 500, end: 500 },
    ])
  })

  test('are not joined over a time in which nobody answered', () => {
    expect(findVersions(samples('v1 - v1 v1')).map(({ start, end }) => [start, end])).toEqual([
      [0, 100],
      [200, 300],
    ])
  })
})

test('Buckets count what failed and take latencies of what did not', () => {
  const [a, b, c] = samples('v1 v1 -')
  const seen = [
    { ...a, ms: 10 },
    { ...b, ms: 30 },
    { ...c, ms: 2000 },
  ] as Sample[]
  expect(bucketize(seen, 1000)).toEqual([{ start: 0, end: 1000, sent: 3, failed: 1, median: 10, p95: 30 }])
  expect(bucketize(samples('-'), 1000)[0]?.median).toBeUndefined()
})

test('Percentiles are by nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => ({ at: 0, ms: 100 - index, status: 200, version: null }))
  expect([0.5, 0.95, 1].map((share) => percentile(hundred, share))).toEqual([50, 95, 100])
  expect(percentile([], 0.5)).toBeUndefined()
})
