import { expect, test } from 'vitest'
import { formatDuration, parseDuration } from '../../../src/runner/duration.ts'

test.each([
  ['90', 90],
  ['90s', 90],
  ['5m', 300],
  ['1h', 3600],
  [' 2 m ', 120],
  ['0', 0],
])('%s is so many seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds)
})

test.each(['', '-1', '1.5m', '1d', '5 minutes', '1m30s', '12345678'])('"%s" is no time', (text) => {
  expect(parseDuration(text)).toBe(`write a time such as 90, 90s, 5m or 1h, not "${text}"`)
})

test.each([
  [0, '0.0 s'],
  [0.44, '0.4 s'],
  [9.94, '9.9 s'],
  [9.96, '10 s'],
  [59.6, '1 min'],
  [185, '3 min 5 s'],
  [3600, '1 h'],
  [3725, '1 h 2 min'],
])('%d seconds read as %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text)
})
