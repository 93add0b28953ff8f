import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { actionNames, bundleFiles, maxBundleBytes, root, startBare } from '../../scripts/bundle.mts'
import { readMetadata } from '../../scripts/documents.mts'

const dist = join(root, 'dist')

test('there is a bundle an action, and nothing else', () => {
  expect(readdirSync(dist).sort()).toEqual(actionNames())
})

describe.each(actionNames())('the bundle of %s', (action) => {
  test('is one file with its licences', () => {
    expect(readdirSync(join(dist, action)).sort()).toEqual([...bundleFiles].sort())
    expect(statSync(join(dist, action, 'index.js')).size).toBeLessThanOrEqual(maxBundleBytes)
  })

  test('started without inputs names all that are missing at once, and exits 1', () => {
    const { status, stdout, stderr } = startBare(join(dist, action, 'index.js'))
    const required = Object.entries(readMetadata(action).inputs ?? {}).filter(([, input]) => input?.required === true)
    const errors = stdout.split('\n').filter((line) => line.startsWith('::error::'))
    expect({ status, stderr, errors: errors.length }).toEqual({ status: 1, stderr: '', errors: 1 })
    for (const [name] of required) expect(errors[0]).toMatch(new RegExp(`%0A  ${name}: `))
    expect(errors[0]).not.toContain('This is a bug')
  })
})
