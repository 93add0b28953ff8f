import { describe, expect, test } from 'vitest'
import { isSameImage, parseReference, registryOf } from '../../../src/image/reference.ts'

const digest = `sha256:${'a'.repeat(64)}`

describe('the name of an image', () => {
  test.each([
    ['redis', { repository: 'redis' }],
    ['redis:7', { repository: 'redis', tag: '7' }],
    ['localhost:5000/a', { repository: 'localhost:5000/a' }],
    ['localhost:5000/a:1.2', { repository: 'localhost:5000/a', tag: '1.2' }],
    ['127.0.0.1:5000/shop/api:dev', { repository: '127.0.0.1:5000/shop/api', tag: 'dev' }],
    ['[::1]:5000/shop/api', { repository: '[::1]:5000/shop/api' }],
    ['ghcr.io/acme/shop__api.v2', { repository: 'ghcr.io/acme/shop__api.v2' }],
    [`ghcr.io/acme/api@${digest}`, { repository: 'ghcr.io/acme/api', digest }],
    [`ghcr.io/acme/api:1@${digest}`, { repository: 'ghcr.io/acme/api', tag: '1', digest }],
  ])('%s', (text, reference) => {
    expect(parseReference(text)).toEqual(reference)
  })

  test.each(['', ':tag', 'a b', 'ghcr.io//api', 'ghcr.io/acme/', 'https://ghcr.io/a', 'a:b:c', 'a@sha256:12'])(
    '"%s" is refused',
    (text) => {
      expect(parseReference(text)).toBe(`"${text}" is not the name of an image, like ghcr.io/acme/api`)
    },
  )

  test('upper case is refused with the reason', () => {
    expect(parseReference('ghcr.io/Acme/api')).toBe(
      '"ghcr.io/Acme/api" is not the name of an image: repositories are written in lower case',
    )
  })
})

test.each([
  ['redis', 'docker.io'],
  ['acme/api', 'docker.io'],
  ['docker.io/acme/api', 'docker.io'],
  ['ghcr.io/acme/api', 'ghcr.io'],
  ['localhost/api', 'localhost'],
  ['registry:5000/api', 'registry:5000'],
])('%s is served by %s', (repository, registry) => {
  expect(registryOf(repository)).toBe(registry)
})

test('short and full names mean the same image, other tags do not', () => {
  expect(isSameImage({ repository: 'redis' }, { repository: 'docker.io/library/redis', tag: 'latest' })).toBe(true)
  expect(isSameImage({ repository: 'acme/api' }, { repository: 'docker.io/acme/api' })).toBe(true)
  expect(isSameImage({ repository: 'redis', tag: '7' }, { repository: 'redis' })).toBe(false)
  expect(isSameImage({ repository: 'redis', digest }, { repository: 'redis' })).toBe(false)
})
