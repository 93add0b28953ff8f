import { describe, expect, test } from 'vitest'
import { givenTags, tagsOf } from '../../../src/image/tags.ts'

const sha = '0123456789abcdef0123456789abcdef01234567'
const commitTags = ['sha-0123456789ab', sha]

describe('tags of a revision', () => {
  test.each([
    ['refs/tags/v1.2.3', ['1.2.3', '1.2', '1']],
    ['refs/tags/1.2.3', ['1.2.3', '1.2', '1']],
    ['refs/tags/v10.0.0', ['10.0.0', '10.0', '10']],
    ['refs/tags/v0.4.1', ['0.4.1', '0.4']],
    ['refs/tags/v1.2.3-rc.1', ['1.2.3-rc.1']],
    ['refs/tags/v1.2.3+build.5', ['1.2.3-build.5', '1.2', '1']],
    ['refs/tags/v1.2.3-rc.1+5', ['1.2.3-rc.1-5']],
    ['refs/tags/v1.2', ['v1.2']],
    ['refs/tags/nightly', ['nightly']],
    ['refs/tags/shop/v1.2.3', ['shop-v1.2.3']],
    ['refs/heads/main', ['main']],
    ['refs/heads/feature/new cart', ['feature-new-cart']],
    ['refs/heads/Fix#12', ['Fix-12']],
    ['refs/heads/.hidden', ['hidden']],
    ['refs/heads/-dash', ['dash']],
    ['refs/heads/größe', ['gr-e']],
    ['refs/heads/日本', []],
    ['refs/heads/日本a', ['a']],
    [`refs/heads/${'x'.repeat(200)}`, ['x'.repeat(128)]],
    ['refs/pull/7/merge', ['pr-7']],
    ['refs/unknown/7', []],
    ['', []],
    [undefined, []],
  ])('%s', (ref, named) => {
    expect(tagsOf({ sha, ref }).tags).toEqual([...named, ...commitTags])
  })

  test('the version is the most telling tag', () => {
    expect(tagsOf({ sha, ref: 'refs/tags/v1.2.3' }).version).toBe('1.2.3')
    expect(tagsOf({ sha, ref: 'refs/heads/main' }).version).toBe('main')
    expect(tagsOf({ sha, ref: undefined }).version).toBe('sha-0123456789ab')
  })

  test('a branch called like a commit tag gives it once', () => {
    expect(tagsOf({ sha, ref: 'refs/heads/sha-0123456789ab' }).tags).toEqual(commitTags)
  })
})

describe('tags that the author wrote', () => {
  test('stay as they are, each once', () => {
    expect(givenTags(['2.0', 'latest', '2.0'])).toEqual({ tags: ['2.0', 'latest'], version: '2.0' })
  })

  test.each(['a/b', 'ghcr.io/a:1', '-a', '.a', 'a b', 'x'.repeat(129), ''])('"%s" is refused', (tag) => {
    expect(givenTags(['ok', tag])).toContain(`"${tag}" is not a tag`)
  })
})
