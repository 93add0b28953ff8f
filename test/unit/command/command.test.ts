import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { command, docker, quote, script, toShell } from '../../../src/command/command.ts'

test.each([
  [docker('compose', 'up', '--wait'), 'docker compose up --wait'],
  [command('echo', '', "it's", '$HOME', 'a b'), `echo '' 'it'\\''s' '$HOME' 'a b'`],
  [script('echo "$1"', 'x y'), `sh -c 'echo "$1"' sh 'x y'`],
])('%j is one line of shell', (given, line) => {
  expect(toShell(given)).toBe(line)
})

describe.each(['sh', 'bash'])('%s', (shell) => {
  test('takes quoted words for what they were', () => {
    const word = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed() && !text.includes('\0'))
    const hostile = fc.array(
      fc.constantFrom("'", '"', '\\', '$', '`', '!', '\n', '\r', '~', '#', '*', ' ', '&', ';', 'x'),
    )
    const words = fc.array(
      fc.oneof(
        word,
        hostile.map((parts) => parts.join('')),
      ),
      { minLength: 1, maxLength: 20 },
    )
    fc.assert(
      fc.property(words, (list) => {
        const line = `printf '%s\\0' ${list.map(quote).join(' ')}`
        const output = execFileSync(shell, ['-c', line], {
          env: { LC_ALL: 'C' },
          stdio: ['ignore', 'pipe', 'inherit'],
        }).toString('utf8')
        expect(output.split('\0').slice(0, -1)).toEqual(list)
      }),
      { numRuns: 40 },
    )
  })
})
