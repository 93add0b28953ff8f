import { expect, test } from 'vitest'
import { readEnv, secretValues } from '../../../src/compose/secrets.ts'
import { UsageError } from '../../../src/errors.ts'
import { InputReader } from '../../../src/runner/inputs.ts'

test('values are secret by their names, or because they hold a password', () => {
  const env = new Map([
    ['POSTGRES_PASSWORD', 'pass$word #1'],
    ['API_TOKEN', 'abc-123'],
    ['DATABASE_URL', 'postgres://shop:hunter22@db/shop'],
    ['BASE_URL', 'https://shop.example'],
    ['HTTP_PORT', '80'],
  ])
  expect(secretValues(env)).toEqual(['pass$word #1', 'abc-123', 'postgres://shop:hunter22@db/shop'])
})

test('switches and times are no secrets, whatever their names say', () => {
  const env = new Map([
    ['AUTH_ENABLED', 'true'],
    ['KEY_LIFETIME', '3600'],
    ['TOKEN_TTL', '15m'],
    ['PIN_SECRET', '123456'],
  ])
  expect(secretValues(env)).toEqual(['123456'])
})

function read(env: string): { masked: string[]; env: ReadonlyMap<string, string>; check: () => void } {
  const masked: string[] = []
  const input = new InputReader(
    () => env,
    (secret) => masked.push(secret),
  )
  const values = readEnv(input)
  return {
    masked,
    env: values,
    check: () => {
      input.check()
    },
  }
}

test('the input env is masked as a whole, and the secrets in it as Compose reads them', () => {
  const text = 'A_PASSWORD="it\'s \\"so\\""\nPORT=80'
  const { masked, env, check } = read(text)
  check()
  expect(masked).toEqual([text, 'it\'s "so"'])
  expect([...env]).toEqual([
    ['A_PASSWORD', 'it\'s "so"'],
    ['PORT', '80'],
  ])
  expect([...read('').env]).toEqual([])
})

test('all that is wrong with it is said at once, without a piece of a value', () => {
  const { check } = read('A=pa$word\nB\nC="x"')
  expect(check).toThrow(UsageError)
  expect(check).toThrowErrorMatchingInlineSnapshot(`
    [UsageError: One input needs a change:
      env: line 1: A: it has a $ that begins a reference to a variable, and no line above sets that one. If the $ is part of the value, write the value in single quotes (A='...'), or $$ for the dollar in double quotes
      env: line 2: is no NAME=value. A name has letters, digits and _ only, and needs its = on the same line; if this line belongs to the value above it, put that in quotes, and see that a quote in it is written \\' or \\"]
  `)
})
