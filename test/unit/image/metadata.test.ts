import { expect, test } from 'vitest'
import { parseDigests } from '../../../src/image/metadata.ts'

const digest = `sha256:${'a'.repeat(64)}`

test('the digests by target', () => {
  const text = JSON.stringify({ api: { 'containerimage.digest': digest, 'image.name': 'acme/api:1' }, other: {} })
  expect(parseDigests(text, ['api'])).toEqual(new Map([['api', digest]]))
})

test.each([
  ['{}', 'buildx names no digest for api'],
  ['{"api":{"containerimage.digest":"sha256:12"}}', 'buildx names no digest for api'],
  ['{"api":{"containerimage.config.digest":"x"}}', 'buildx names no digest for api'],
  ['null', 'buildx wrote metadata that is not a JSON object'],
  ['', 'buildx wrote metadata that is not a JSON object'],
])('%s is no answer', (text, problem) => {
  expect(parseDigests(text, ['api'])).toBe(problem)
})
