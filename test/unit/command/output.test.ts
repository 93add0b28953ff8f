import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineSplitter, Output } from '../../../src/command/output.ts'

/** The bytes of a text in chunks whose borders fall anywhere, also inside characters. */
function chunks(text: string, cuts: readonly number[]): readonly Buffer[] {
  const bytes = Buffer.from(text)
  const borders = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return borders.slice(1).map((end, index) => bytes.subarray(borders[index], end))
}

const text = fc
  .array(fc.oneof(fc.constantFrom('\n', '\r\n', 'ü', '漢', '🙂'), fc.string()))
  .map((parts) => parts.join(''))

test('lines do not depend on where the chunks are cut', () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat()), (whole, cuts) => {
      const lines: string[] = []
      const splitter = new LineSplitter((line) => lines.push(line))
      for (const chunk of chunks(whole, cuts)) splitter.write(chunk)
      splitter.end()
      splitter.end()
      expect(lines).toEqual(whole === '' || whole.endsWith('\n') ? whole.split('\n').slice(0, -1) : whole.split('\n'))
    }),
  )
})

test('what is collected does not depend on it either', () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat()), (whole, cuts) => {
      const output = new Output(undefined)
      for (const chunk of chunks(whole, cuts)) output.write(chunk)
      output.end()
      expect(output.text()).toBe(whole)
    }),
  )
})
