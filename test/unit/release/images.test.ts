import { expect, test } from 'vitest'
import { parseImages } from '../../../src/release/images.ts'
import { digest } from '../../support/stack.ts'

const image = { repository: 'ghcr.io/acme/api', digest: digest('a') }

test('the output of build-and-push', () => {
  expect(parseImages(JSON.stringify({ api: image, web: image }))).toEqual({ api: image, web: image })
  expect(parseImages('{}')).toEqual({})
})

test.each([
  ['ghcr.io/acme/api:1', 'is not JSON; give the output `images` of build-and-push as it is'],
  ['[]', 'write an object: service -> {"repository": …, "digest": "sha256:…"}'],
  ['null', 'write an object: service -> {"repository": …, "digest": "sha256:…"}'],
  ['"api"', 'write an object: service -> {"repository": …, "digest": "sha256:…"}'],
  ['{"api": null}', 'api has no "repository"'],
  ['{"api": {"digest": "x"}}', 'api has no "repository"'],
  [
    JSON.stringify({ api: { ...image, digest: '1.2.3' } }),
    'api has no "digest" of the form sha256:<64 hex digits>; a tag may move, a release may not',
  ],
  [
    JSON.stringify({ api: image, web: { repository: 'x' } }),
    'web has no "digest" of the form sha256:<64 hex digits>; a tag may move, a release may not',
  ],
])('%s %s', (text, problem) => {
  expect(parseImages(text)).toBe(problem)
})
