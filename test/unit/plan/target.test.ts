import { describe, expect, test } from 'vitest'
import type { Manifest } from '../../../src/release/manifest.ts'
import { missingImages, rollbackTarget } from '../../../src/plan/target.ts'
import { digest, emptyHost, entry, hostWith, shopRelease } from '../../support/stack.ts'

const releases = [shopRelease('v1', '1'), shopRelease('v2', '2'), shopRelease('v3', '3')] as const
const host = hostWith(...releases)

function named(to: string | undefined, observation = host): string {
  const target = rollbackTarget(observation, to)
  return target.kind === 'release' ? target.release.id : target.why
}

describe('without a name', () => {
  test('it is the confirmed release before the live one', () => {
    expect(named(undefined)).toBe('v2')
  })

  test('deploys that were undone in between do not count', () => {
    const ledger = [...host.ledger, entry('v4', 'v3', { result: 'undone' }), entry('v5', 'v3', { result: 'undone' })]
    expect(named(undefined, { ...host, ledger })).toBe('v2')
  })

  test('a migration of its own does not count', () => {
    const ledger = [...host.ledger, entry('v3', 'v3', { action: 'migration' })]
    expect(named(undefined, { ...host, ledger })).toBe('v2')
  })

  test('a repeat changes nothing and says how to go further', () => {
    const ledger = [...host.ledger, entry('v2', 'v3', { action: 'rollback' })]
    expect(named(undefined, { ...host, ledger, current: 'v2' })).toMatchInlineSnapshot(
      `"v2 is live because of a rollback from v3; to go further back, name a release with \`to\`: v2 (live), v3, v1"`,
    )
  })

  test('a deploy after a rollback leads back to what the rollback brought', () => {
    const ledger = [...host.ledger, entry('v1', 'v3', { action: 'rollback' }), entry('v4', 'v1')]
    const observation = { ...hostWith(...releases, shopRelease('v4', '4')), ledger }
    expect(named(undefined, observation)).toBe('v1')
  })

  test('the first release has none before it', () => {
    expect(() => named(undefined, hostWith(releases[0]))).toThrowErrorMatchingInlineSnapshot(
      `[UsageError: v1 is the first release on this host; there is none before it]`,
    )
  })

  test('where it is no longer there, the others are named', () => {
    const observation = { ...host, releases: [releases[0], releases[2]] }
    expect(() => named(undefined, observation)).toThrowErrorMatchingInlineSnapshot(
      `[UsageError: the release before the live one, v2, is no longer on this host; name one with \`to\`: v3 (live), v1]`,
    )
  })

  test('of the others it is said whether their images are there', () => {
    const images = new Set([...host.images].filter((image) => !image.endsWith(digest('1'))))
    const observation = { ...host, images, releases: [releases[0], releases[2]] }
    expect(() => named(undefined, observation)).toThrow(/: v3 \(live\), v1 \(its images are gone\)$/)
  })

  test('after a stuck transaction somebody must look first', () => {
    const ledger = [...host.ledger, entry('v4', 'v3', { result: 'stuck' })]
    expect(() => named(undefined, { ...host, ledger })).toThrowErrorMatchingInlineSnapshot(
      `[UsageError: the last transaction is stuck; see what runs and whether the database fits, then name a release with \`to\`: v3 (live), v2, v1]`,
    )
  })
})

describe('by name', () => {
  test('a release, a version, a commit and the beginning of a commit', () => {
    const renamed = { ...releases[0], id: '20261121-120000-v1', version: '1.0' } satisfies Manifest
    const observation = { ...hostWith(renamed, releases[1]) }
    for (const name of ['20261121-120000-v1', '1.0', '1'.repeat(40), '1111111'])
      expect(named(name, observation)).toBe('20261121-120000-v1')
  })

  test('six digits of a commit are too few', () => {
    expect(() => named('111111')).toThrowErrorMatchingInlineSnapshot(
      `[UsageError: to: "111111" is not on this host; there are: v3 (live), v2, v1]`,
    )
  })

  test('of two releases of one version the later one is meant', () => {
    const again = { ...releases[0], id: 'v1-again', version: 'v1' }
    expect(named('1111111', hostWith(releases[0], again, releases[2]))).toBe('v1-again')
  })

  test('the live one is there already', () => {
    expect(named('v3')).toBe('v3 is the live release already')
  })

  test('the live one is brought back when a stuck transaction left another one running', () => {
    const ledger = [...host.ledger, entry('v4', 'v3', { result: 'stuck' })]
    expect(rollbackTarget({ ...host, ledger }, 'v3')).toEqual({ kind: 'release', release: releases[2] })
  })

  test('one that was never confirmed is none', () => {
    const ledger = host.ledger.filter(({ release }) => release !== 'v1')
    expect(() => named('v1', { ...host, ledger })).toThrow('to: "v1" is not on this host; there are: v3 (live), v2')
  })
})

test('a host that has confirmed nothing has nothing to go back to', () => {
  expect(() => named(undefined, emptyHost)).toThrowErrorMatchingInlineSnapshot(
    `[UsageError: no release of this stack was ever confirmed on this host; there is nothing to go back to]`,
  )
})

describe('the images that a rollback needs', () => {
  const release = shopRelease('v1', '1')
  const [api, nginx, db] = [`ghcr.io/acme/api@${digest('1')}`, 'nginx:1.28', 'postgres:15']

  test('are all there', () => {
    expect(missingImages(release, { ...emptyHost, images: new Set([api, nginx, db]) })).toEqual([])
  })

  test('are named once each when they are gone', () => {
    expect(missingImages(release, { ...emptyHost, images: new Set([nginx]) })).toEqual([api, db])
  })

  test.each([
    ['nginx', 'nginx:latest'],
    ['docker.io/library/nginx:1.28', 'nginx:1.28'],
    ['docker.io/acme/api:1', 'acme/api:1'],
    ['registry:5000/api', 'registry:5000/api:latest'],
    [`registry:5000/api:1@${digest('a')}`, `registry:5000/api@${digest('a')}`],
  ])('%s is listed by the engine as %s', (written, listed) => {
    const one = shopRelease('v1', '1', { nginx: { image: written } })
    expect(missingImages(one, { ...emptyHost, images: new Set([api, db, listed]) })).toEqual([])
  })
})
