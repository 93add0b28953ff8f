import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quote } from '../../../src/command/command.ts'
import { splitWords } from '../../../src/command/words.ts'

/** Words with everything in them that a shell cares about. */
const word = fc.string({ unit: fc.constantFrom(...'ab \t\n\'"\\$`|;&<>()*?[]#~=%é'.split('')) })

test('quoting any words and splitting them gives them back', () => {
  fc.assert(
    fc.property(fc.array(word), (words) => {
      expect(splitWords(words.map(quote).join(' '))).toEqual(words)
    }),
  )
})

test('any words in double quotes, escaped as POSIX says, come back', () => {
  fc.assert(
    fc.property(fc.array(word), (words) => {
      const quoted = words.map((text) => `"${text.replaceAll(/["\\$`]/g, '\\$&')}"`)
      expect(splitWords(quoted.join('\n'))).toEqual(words)
    }),
  )
})

describe('as a shell would', () => {
  test.each<[string, readonly string[]]>([
    ['alembic upgrade head', ['alembic', 'upgrade', 'head']],
    ['  a \t b\n', ['a', 'b']],
    ['', []],
    [`sh -c 'a && b'`, ['sh', '-c', 'a && b']],
    [`a"b c"'d e'f`, ['ab cd ef']],
    [`"" ''`, ['', '']],
    ['a\\ b', ['a b']],
    [String.raw`"a\"b\\c\d"`, [String.raw`a"b\c\d`]],
    [String.raw`'a\b'`, [String.raw`a\b`]],
    ['echo $HOME | x', ['echo', '$HOME', '|', 'x']],
    ['a\\', ['a\\']],
  ])('%j is %j', (text, words) => {
    expect(splitWords(text)).toEqual(words)
  })

  test.each([`echo 'x`, `echo "x`, `"it's`])('%j has an open quote', (text) => {
    expect(splitWords(text)).toMatch(/^the quote ['"] is not closed$/)
  })
})
