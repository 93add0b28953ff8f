import { expect, test } from 'vitest'
import { readInputs } from '../../../actions/remove-stack/inputs.ts'
import { readWith, stackInputs, stackValue } from '../../support/read-inputs.ts'

const given = { ...stackInputs, stack: 'shop', 'lock-timeout': '10s', 'dry-run': 'false' }
const stack = { name: 'shop', path: '/srv/shop' }

test('the name is said twice', () => {
  expect(readWith(readInputs, { ...given, confirm: 'shop' }).value).toEqual({
    ...stackValue,
    stack,
    lockTimeout: 10,
    dryRun: false,
  })
})

test('a dry run needs it once', () => {
  expect(readWith(readInputs, { ...given, 'dry-run': 'true' }).value).toMatchObject({ stack, dryRun: true })
})

test.each([
  ['none', {}, 'write shop, the name of the stack that is to be removed; `dry-run: true` shows the plan without it'],
  ['another', { confirm: 'Shop' }, 'write shop, the name of the stack that is to be removed, not "Shop"'],
  ['another, in a dry run', { confirm: 'x', 'dry-run': 'true' }, 'write shop, the name of the stack'],
])('%s is refused', (_, change, problem) => {
  expect(() => readWith(readInputs, { ...given, ...change })).toThrow(`confirm: ${problem}`)
})
