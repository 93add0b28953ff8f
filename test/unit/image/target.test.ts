import { describe, expect, test } from 'vitest'
import type { Project, ProjectService } from '../../../src/image/project.ts'
import { findTargets } from '../../../src/image/target.ts'

const build = { context: '/shop/api' }

const project = (...services: readonly ProjectService[]): Project => ({ name: 'shop', services, secrets: {} })

const found = (shop: Project, prefix?: string) =>
  findTargets(shop, prefix).map(({ name, repository, services }) => `${name}: ${repository} <- ${services.join(', ')}`)

describe('the images of a project', () => {
  test('one a build section; services without one only when they name an image that is built', () => {
    const shop = project(
      { name: 'api', image: 'ghcr.io/acme/api:dev', build },
      { name: 'database', image: 'postgres:16' },
      { name: 'scheduler', image: 'ghcr.io/acme/api:stable' },
      { name: 'worker', image: 'ghcr.io/acme/api:dev' },
    )
    expect(found(shop)).toEqual(['api: ghcr.io/acme/api <- api, worker'])
  })

  test('services that build the same under one name share an image', () => {
    const image = 'ghcr.io/acme/api'
    expect(found(project({ name: 'api', image, build }, { name: 'worker', image, build: { ...build } }))).toEqual([
      'api: ghcr.io/acme/api <- api, worker',
    ])
  })

  test('different builds under one repository are refused, also with different tags', () => {
    const shop = project(
      { name: 'api', image: 'acme/shop:api', build },
      { name: 'web', image: 'acme/shop:web', build: { context: '/shop/web' } },
    )
    expect(() => found(shop)).toThrow(
      'The services api and web build different images, but both are called acme/shop. ' +
        'The tags come from this action, so each image needs a repository of its own.',
    )
  })

  test('a prefix names what has no image, and those who know it by its local name', () => {
    const shop = project({ name: 'api', build }, { name: 'worker', image: 'shop-api' })
    expect(found(shop, 'ghcr.io/Acme/Shop')).toEqual(['api: ghcr.io/acme/shop-api <- api, worker'])
    expect(found(shop, 'ghcr.io/acme/shop/')).toEqual(['api: ghcr.io/acme/shop/api <- api, worker'])
  })

  test('without image and prefix there is no name', () => {
    expect(() => found(project({ name: 'api', build }))).toThrow('set image-prefix')
  })

  test('a pinned image can not be built', () => {
    const image = `acme/api@sha256:${'a'.repeat(64)}`
    expect(() => found(project({ name: 'api', image, build }))).toThrow('pinned to a digest')
  })

  test('a name that is no image is refused with its service', () => {
    expect(() => found(project({ name: 'api', image: 'Acme/api', build }))).toThrow(
      'The image of the service api: "Acme/api"',
    )
  })

  test('names of targets know no dots, and are distinct', () => {
    const shop = project({ name: 'a.b', image: 'acme/one', build }, { name: 'a_b', image: 'acme/two', build })
    expect(found(shop)).toEqual(['a_b: acme/one <- a.b', 'a_b_2: acme/two <- a_b'])
  })
})
