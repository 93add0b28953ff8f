import fc from 'fast-check'
import { expect, test } from 'vitest'
import { brokenLines, chainSum } from '../../../src/ledger/chain.ts'

/** Lines as the agent writes them: each text without its closing brace. */
function chained(texts: readonly string[], before = ''): readonly string[] {
  const [text, ...rest] = texts
  if (text === undefined) return []
  const sum = chainSum(before, text)
  return [`${text},"sum":"${sum}"}`, ...chained(rest, sum)]
}

const texts = ['{"v":1,"tx":"t-1"', '{"v":1,"tx":"t-2","actor":"a \\",\\"sum\\":\\"x"', '{"v":1,"tx":"t-3"']

test('the sum of the first line is that of its text alone', () => {
  // printf '%s' '{"v":1,"tx":"t-1"' | sha256sum
  expect(chainSum('', texts[0] ?? '')).toBe('8963213c58e5f607584d7c16e2ba8e5dbddca3671d03348c132daa93b6fdde7b')
})

test('a chain as it was written is whole, wherever it is read from', () => {
  const lines = chained(texts)
  expect(brokenLines(lines)).toEqual([])
  expect(brokenLines(lines.slice(1), 2)).toEqual([])
  expect(brokenLines([])).toEqual([])
})

test('a chain that goes on behind lines of an older version is whole', () => {
  expect(brokenLines(['{"v":1,"tx":"t-0"}', ...chained(texts)])).toEqual([])
})

test('a line without a checksum behind one with a checksum is told', () => {
  expect(brokenLines([...chained(texts), '{"v":1,"tx":"t-4"}'])).toEqual([4])
})

test('any change of a line, and any line that is gone from between others, is told by its number', () => {
  const lines = chained(texts)
  fc.assert(
    fc.property(fc.nat(1), fc.nat(), fc.integer({ min: 1, max: 255 }), (index, at, by) => {
      const line = lines[index] ?? ''
      const place = at % line.length
      const changed = `${line.slice(0, place)}${String.fromCharCode((line.charCodeAt(place) + by) % 256)}${line.slice(place + 1)}`
      const [first] = brokenLines(lines.with(index, changed))
      expect([index + 1, index + 2]).toContain(first)
    }),
  )
  expect(brokenLines(lines.toSpliced(1, 1), 7)).toEqual([8])
})
