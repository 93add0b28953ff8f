import { expect, test } from 'vitest'
import { Redactor } from '../../../src/runner/redactor.ts'

function redactor(...secrets: readonly string[]): Redactor {
  const made = new Redactor()
  for (const secret of secrets) made.add(secret)
  return made
}

test('each stretch is replaced once, also where secrets overlap or touch', () => {
  expect(redactor('hunter2').redact('a hunter2 b hunter2')).toBe('a *** b ***')
  expect(redactor('abcdef', 'defghi').redact('xabcdefghix')).toBe('x***x')
  expect(redactor('abab').redact('ababab!')).toBe('***!')
  expect(redactor('abcd', 'efgh').redact('abcdefgh')).toBe('******')
})

test('what holds no secret stays as it is', () => {
  expect(redactor().redact('anything')).toBe('anything')
  expect(redactor('yes').redact('yes, anything')).toBe('yes, anything')
})

test('forms are told once, for the runner to know them too', () => {
  const made = new Redactor()
  expect(made.add('hunter2')).toContain('hunter2')
  expect(made.add(' hunter2\n')).not.toContain('hunter2')
})
