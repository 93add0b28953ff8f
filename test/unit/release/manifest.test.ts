import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quote } from '../../../src/command/command.ts'
import { parseManifest, releaseId } from '../../../src/release/manifest.ts'
import { shopRelease } from '../../support/stack.ts'

const at = new Date('2026-11-21T23:30:05.678Z')

test.each([
  ['v1.2.3', '20261121-233005-v1.2.3'],
  ['feature/new thing-0123abc', '20261121-233005-feature-new-thing-0123abc'],
  ['ümlaut & more', '20261121-233005--mlaut-more'],
])('the name of a release of %s', (version, id) => {
  expect(releaseId(version, at)).toBe(id)
})

test('any version makes a name that needs no quotes and leads nowhere else', () => {
  fc.assert(
    fc.property(fc.string(), (version) => {
      const id = releaseId(version, at)
      expect(id).toMatch(/^20261121-233005-[A-Za-z0-9._-]{0,60}$/)
      expect(quote(id)).toBe(id)
    }),
  )
})

test('a manifest that this version wrote', () => {
  const manifest = shopRelease('v1', '1')
  expect(parseManifest(JSON.stringify(manifest))).toEqual(manifest)
})

test('one of a format that is not known yet is passed over', () => {
  expect(parseManifest('{"format":4,"id":"v1"}')).toBeUndefined()
})
