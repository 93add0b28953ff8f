import { expect, test } from 'vitest'
import { formatDuration, parseDuration } from '../../../src/health/duration.ts'

test.each([
  ['500ms', 500],
  ['2s', 2000],
  ['2', 2000],
  ['1.5m', 90_000],
  [' 0s ', 0],
  ['2 s', undefined],
  ['-1s', undefined],
  ['1e3', undefined],
  ['2h', undefined],
  ['', undefined],
])('%s is %s ms', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds)
})

test.each([
  [0, '0 ms'],
  [341.6, '342 ms'],
  [999.9, '1 s'],
  [1000, '1 s'],
  [2140, '2.1 s'],
  [59_400, '59.4 s'],
  [59_960, '1 min'],
  [60_000, '1 min'],
  [185_000, '3 min 5 s'],
])('%s ms reads %s', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text)
})
