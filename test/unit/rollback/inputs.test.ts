import { expect, test } from 'vitest'
import { readInputs } from '../../../actions/rollback/inputs.ts'
import { readWith, stackInputs, stackValue } from '../../support/read-inputs.ts'

const defaults = {
  'healthy-within': '2m',
  'lock-timeout': '10m',
  keep: '5',
  drain: '30s',
  'dry-run': 'false',
  'old-code-can-run': 'false',
}
const transaction = 't-20261121T233000Z-1f2e3d.0123456789abcdef'

test('to the release before the live one', () => {
  expect(readWith(readInputs, { ...stackInputs, ...defaults, stack: 'shop' }).value).toEqual({
    ...stackValue,
    mode: 'release',
    stack: { name: 'shop', path: '/srv/shop' },
    to: undefined,
    healthyWithin: 120,
    lockTimeout: 600,
    jobTimeout: undefined,
    keep: 5,
    drain: 30,
    dryRun: false,
    oldCodeCanRun: false,
  })
})

test('as long as its job has', () => {
  const { value } = readWith(readInputs, { ...stackInputs, ...defaults, stack: 'shop', 'job-timeout': '90' })
  expect(value).toMatchObject({ mode: 'release', jobTimeout: 5400 })
})

test('to a named one', () => {
  const { value } = readWith(readInputs, { ...stackInputs, ...defaults, stack: 'shop', to: 'v1.2.3' })
  expect(value).toMatchObject({ mode: 'release', to: 'v1.2.3' })
})

test('of what this job has open', () => {
  expect(readWith(readInputs, { ...stackInputs, ...defaults, transaction }).value).toEqual({
    ...stackValue,
    mode: 'abort',
    transaction,
  })
})

test('an open transaction goes back to where it began, not to a release', () => {
  expect(() => readWith(readInputs, { ...stackInputs, ...defaults, transaction, to: 'v1' }))
    .toThrowErrorMatchingInlineSnapshot(`
      [UsageError: One input needs a change:
        to: an open transaction goes back to where it began; leave \`to\` out]
    `)
})

test('everything that is wrong is told at once', () => {
  expect(() =>
    readWith(readInputs, {
      ...stackInputs,
      path: '/srv/my shop',
      'healthy-within': 'soon',
      'lock-timeout': '',
      keep: '0',
    }),
  ).toThrowErrorMatchingInlineSnapshot(`
    [UsageError: 8 inputs need a change:
      path: use letters, digits and . _ @ - between the slashes, without a slash at the end, not "/srv/my shop"
      healthy-within: write a time such as 90, 90s, 5m or 1h, not "soon"
      lock-timeout: is required
      keep: write a whole number from 2 to 50, not "0"
      drain: is required
      dry-run: is required
      old-code-can-run: is required
      stack: is required]
  `)
})
