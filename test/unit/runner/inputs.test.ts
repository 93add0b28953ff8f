import { expect, test } from 'vitest'
import { UsageError } from '../../../src/errors.ts'
import { InputReader } from '../../../src/runner/inputs.ts'

function reader(inputs: Readonly<Record<string, string>>): { input: InputReader; masked: string[] } {
  const masked: string[] = []
  return {
    input: new InputReader(
      (name) => inputs[name] ?? '',
      (secret) => masked.push(secret),
    ),
    masked,
  }
}

function problems(read: (input: InputReader) => void, inputs: Readonly<Record<string, string>> = {}): string {
  const { input } = reader(inputs)
  read(input)
  try {
    input.check()
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError)
    return (error as UsageError).message
  }
  return 'none'
}

const even = (text: string): { readonly half: number } | string =>
  Number(text) % 2 === 0 ? { half: Number(text) / 2 } : `write an even number, not "${text}"`

test('values in their domain types', () => {
  const { input } = reader({
    text: ' a b ',
    lines: 'one\n\n  # two\n three \n',
    even: '4',
    evens: '2\n4',
    yes: 'true',
    no: 'FALSE',
    phase: 'switch',
    wait: '5m',
    keep: '3',
  })
  expect(input.text('text')).toBe('a b')
  expect(input.optional('none')).toBeUndefined()
  expect(input.lines('lines')).toEqual(['one', 'three'])
  expect(input.lines('none')).toEqual([])
  expect(input.parsed('even', even)).toEqual({ half: 2 })
  expect(input.parsedLines('evens', even)).toEqual([{ half: 1 }, { half: 2 }])
  expect(input.flag('yes')).toBe(true)
  expect(input.flag('no')).toBe(false)
  expect(input.oneOf('phase', ['all', 'prepare', 'switch'])).toBe('switch')
  expect(input.seconds('wait')).toBe(300)
  expect(input.whole('keep', { min: 1, max: 9 })).toBe(3)
  expect(() => {
    input.check()
  }).not.toThrow()
})

test('every problem there is, in one message', () => {
  const read = (input: InputReader): void => {
    input.text('host')
    input.secret('ssh-key')
    input.parsed('even', even)
    input.parsed('missing', even)
    input.parsedLines('evens', even)
    input.flag('dry-run')
    input.oneOf('phase', ['all', 'prepare', 'switch'])
    input.oneOf('mode', ['fast'])
    input.seconds('wait')
    input.whole('keep', { min: 1, max: 9 })
    input.whole('count', { min: 0, max: 9 })
    input.problem('files', 'name at least one')
  }
  const inputs = {
    even: '3',
    evens: '2\n5\n7',
    'dry-run': 'yes',
    phase: 'confirm',
    mode: 'slow',
    wait: 'soon',
    keep: '10',
    count: '1e0',
  }
  expect(problems(read, inputs)).toMatchInlineSnapshot(`
    "12 inputs need a change:
      host: is required
      ssh-key: is required; is the secret set, and may this job read it?
      even: write an even number, not "3"
      missing: is required
      evens: write an even number, not "5"
      evens: write an even number, not "7"
      dry-run: write true or false, not "yes"
      phase: write all, prepare or switch, not "confirm"
      mode: write fast, not "slow"
      wait: write a time such as 90, 90s, 5m or 1h, not "soon"
      keep: write a whole number from 1 to 9, not "10"
      count: write a whole number from 0 to 9, not "1e0"
      files: name at least one"
  `)
})

test('one problem', () => {
  expect(problems((input) => input.text('host'))).toMatchInlineSnapshot(`
    "One input needs a change:
      host: is required"
  `)
})

test('secrets are masked as soon as they are read', () => {
  const { input, masked } = reader({ key: 'hunter2' })
  expect([input.secret('key'), input.optionalSecret('key'), input.optionalSecret('none')]).toEqual([
    'hunter2',
    'hunter2',
    undefined,
  ])
  expect(masked).toEqual(['hunter2', 'hunter2'])
})

test('what is missing can still be carried about and taken apart', () => {
  const { input } = reader({})
  expect(input.parsed('even', even).half).toBeUndefined()
  expect(input.parsedLines('evens', even)).toEqual([])
  expect(input.oneOf('phase', ['all', 'prepare'])).toBe('all')
  expect(input.whole('keep', { min: 2, max: 9 })).toBe(2)
})
