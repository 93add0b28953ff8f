import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDotenv, parseDotenv } from '../../../src/compose/dotenv.ts'

function values(text: string): Record<string, string> | string {
  const env = parseDotenv(text)
  return typeof env === 'string' ? env : Object.fromEntries(env)
}

describe('a value', () => {
  test.each<[text: string, value: string]>([
    ['V=plain', 'plain'],
    ['V=', ''],
    ['V=""', ''],
    ["V=''", ''],
    ['  export V = spaced \t', 'spaced'],
    ['V: yaml', 'yaml'],
    ['V=a=b', 'a=b'],
    ['V=a#b', 'a#b'],
    ['V=#a', '#a'],
    ['V=a # comment', 'a'],
    ['V=cost$', 'cost$'],
    ['V=5$ and $1', '5$ and $1'],
    ['V=a$$b', 'a$b'],
    ['V=a\\nb', 'a\\nb'],
    ["V=it's", "it's"],
    ["V='a $b # \\n \"'", 'a $b # \\n "'],
    ["V='it\\'s'", "it's"],
    ["V='a\\''", "a'"],
    ["V='a\nb'", 'a\nb'],
    ['V="a\\nb\\tc\\\\d\\"e"', 'a\nb\tc\\d"e'],
    ['V="\\$a $$b"', '$a $b'],
    ['V="\\0101\\0888\\c\\q"', 'A\\888\\c\\q'],
    ['V="a" # comment', 'a'],
    ['V=a\r\n', 'a'],
    ['V=1\nV=2', '2'],
  ])('%j', (text, value) => {
    expect(values(text)).toEqual({ V: value })
  })

  test('may refer to a line above', () => {
    expect(values('A=1\nB=$A-${A}\nC="$B\\$A"')).toEqual({ A: '1', B: '1-1', C: '1-1$A' })
    expect(values("A=1\nB='$A'")).toEqual({ A: '1', B: '$A' })
  })
})

describe('a mistake is told by its line, and without a piece of a value', () => {
  test.each<[text: string, problem: RegExp]>([
    ['A=1\nV=hunter$two', /^line 2: V: it has a \$ that begins a reference .* single quotes \(V='...'\)/],
    ['V="hunter${two"', /^line 1: V: it has a \$\{ that is not closed/],
    ['V=${HUNTER:-two}', /^line 1: V: it has a \$\{ that is not closed, or holds more than a name/],
    ['V', /^line 1: is no NAME=value/],
    ['=hunter', /^line 1: is no NAME=value/],
    ['A=-----BEGIN\nhunter/+==', /^line 2: is no NAME=value.* put that in quotes/],
    ['A HUNTER=2', /^line 1: is no NAME=value/],
    ['V="hunter', /^line 1: V: its quote has no end/],
    ['V="hunter"two', /^line 1: V: there is text after its closing quote/],
    ["V='hunter\\'", /^line 1: V: in single quotes a value can't end in a backslash/],
    ["V='hunter\\'\nW='two'", /^line 1: V: in single quotes a value can't end in a backslash.* Write V="/],
    ['V= # hunter', /^line 1: V: it has a comment and no value/],
    ['V="\\0000"', /^line 1: V: no variable can hold a zero byte/],
  ])('%j', (text, problem) => {
    const told = values(text)
    expect(told).toMatch(problem)
    expect(told).not.toMatch(/hunter|two/i)
  })

  test('all at once', () => {
    expect(values('A\nB=1\nC="x"y\n D=$E')).toMatch(/^line 1: .*\nline 3: .*\nline 4: .*$/)
  })
})

test('what is written is read again, whatever it is', () => {
  const value = fc
    .string({
      unit: fc.oneof(
        fc.constantFrom('$', "'", '"', '\\', '#', '\n', '\r', ' ', '=', 'a', '{', '}'),
        fc.string({ unit: 'binary', maxLength: 1 }),
      ),
    })
    .map((text) => text.replaceAll('\0', ''))
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,9}$/), value), (env) => {
      expect(values(formatDotenv(new Map(Object.entries(env))))).toEqual({ ...env })
    }),
  )
})
