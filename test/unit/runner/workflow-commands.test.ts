import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { printableLines } from '../../../src/runner/workflow-commands.ts'

/** What a culture-aware search of .NET skips: ICU ignores controls other than white space, formats and their like. */
const IGNORED = /(?!\s)[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu

/**
 * Whether the runner would take a line for a command, read generously: any name counts, and so does what only looks like
 * one to a search that skips invisible characters. After `ActionCommand.TryParseV2` and `TryParse` in actions/runner.
 */
function isCommand(line: string): boolean {
  const seen = line.replace(IGNORED, '')
  return /^\s*::/.test(line) || /^\s*::/.test(seen) || line.includes('##[') || seen.includes('##[')
}

/** Lines as .NET's ReadLine, act and JavaScript see them, all at once. */
function readLines(output: string): readonly string[] {
  return output.split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/)
}

const fragment = fc.oneof(
  fc.constantFrom(
    '::',
    ':',
    '##[',
    '#',
    '[',
    ']',
    'set-env',
    'add-mask::x',
    'stop-commands',
    'endgroup',
    ' ',
    '\t',
    'x',
  ),
  fc.constantFrom('\r', '\n', '\r\n', '\v', '\f', '\u0085', '\u2028', '\u2029', '\u00a0', '\u3000'),
  fc.constantFrom(
    '\u00ad',
    '\u200b',
    '\u200d',
    '\u2060',
    '\ufeff',
    '\u0000',
    '\u0008',
    '\u001b',
    '\u009b',
    '\u202e',
    '\ufe0f',
    '\u034f',
  ),
  fc.constantFrom(
    '\u001b[31m',
    '\u001b[0m',
    '\u001b[2K',
    '\u001b[1A',
    '\u001b[8m',
    '\u001b[0;8m',
    '\u001b]0;title\u0007',
    '\u001b]',
    '\u001b\\',
    '\u001b[',
    '\u001bc',
  ),
  fc.string({ unit: 'binary' }),
)
const hostile = fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join(''))

describe('text from elsewhere', () => {
  test('is never a workflow command', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(printableLines(text).flatMap(readLines).filter(isCommand)).toEqual([])
      }),
      { numRuns: 10_000 },
    )
  })

  test('has one line where it prints one line', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const printed = printableLines(text)
        expect(printed.flatMap(readLines)).toEqual(printed)
      }),
      { numRuns: 2000 },
    )
  })

  test('is printed in a form that does not change when it is printed again', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const once = printableLines(text)
        expect(once.flatMap(printableLines)).toEqual(once)
      }),
      { numRuns: 2000 },
    )
  })

  test('is left as it is where there is nothing wrong with it', () => {
    const plain = fc.string({
      unit: fc.constantFrom(...'abc ÄßЖ漢é🙂.,;-_/"\'()<>&$%=+*~|0123456789\t'.split(/(?:)/u)),
    })
    fc.assert(
      fc.property(plain, (text) => {
        expect(printableLines(text)).toEqual([text])
      }),
    )
  })

  test.each([
    ['::set-output name=x::y', ': :set-output name=x::y'],
    ['  \t::error::no', '  \t: :error::no'],
    ['::::', ': :::'],
    ['note ::warning::no', 'note ::warning::no'],
    ['a ##[group]b', 'a ## [group]b'],
    ['###[error]', '### [error]'],
    ['\u001b[32mdone\u001b[0m', '\u001b[32mdone\u001b[0m'],
    ['\u001b[1;31m::error::x\u001b[m', '\u001b[1;31m: :error::x\u001b[m'],
    ['a\u001b[2K\u001b[1Ab', 'ab'],
    ['\u001b[8mhidden', 'hidden'],
    ['\u001b[1;8;2mhidden', 'hidden'],
    ['\u001b]8;;http://evil\u0007link\u001b]8;;\u0007', 'link'],
    ['in\u202evisible\u200b', 'invisible'],
    [':\u00ad:set-env name=x::y', ': :set-env name=x::y'],
  ])('%j prints as %j', (text, printed) => {
    expect(printableLines(text)).toEqual([printed])
  })

  test('progress that returns to the beginning of its line becomes lines', () => {
    expect(printableLines('10 %\r50 %\r\n100 %\n')).toEqual(['10 %', '50 %', '100 %', ''])
    expect(printableLines('x\r::stop-commands::y')).toEqual(['x', ': :stop-commands::y'])
    expect(printableLines('x\u2028::endgroup::')).toEqual(['x', ': :endgroup::'])
  })
})
