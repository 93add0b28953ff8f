import { describe, expect, test } from 'vitest'
import type { ComposeModel, Service } from '../../../src/compose/model.ts'
import { TRAEFIK } from '../../../src/edge/traefik.ts'
import { makeRelease, parseGrace, pinImages, type Release } from '../../../src/release/release.ts'
import { digest, shopModel, surroundings, switchable } from '../../support/stack.ts'

const built = {
  api: { repository: 'ghcr.io/acme/api', digest: digest('a') },
  web: { repository: 'ghcr.io/acme/web', digest: digest('b') },
}

function modelOf(services: Readonly<Record<string, Service>>): ComposeModel {
  return { name: 'shop', services }
}

function images({ services }: ComposeModel): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(services).map(([name, { image }]) => [name, image]))
}

/** The only variant of a release whose edge can't be switched. */
function composeOf({ variants }: Release): ComposeModel {
  const [variant] = variants
  if (variant?.variant !== 'plain') throw new Error('it has slots')
  return variant.compose
}

describe('pinning', () => {
  test('by the name of the service, or by the repository that it shares; everything else stays', () => {
    const model = modelOf({
      api: { image: 'ghcr.io/acme/api:main', build: { context: './api' }, command: ['serve'] },
      worker: { image: 'ghcr.io/acme/api:main', command: ['work'] },
      web: { build: { context: './web' } },
      db: { image: 'postgres:15' },
    })
    const pinned = pinImages(model, built)
    expect(images(pinned)).toEqual({
      api: `ghcr.io/acme/api@${digest('a')}`,
      worker: `ghcr.io/acme/api@${digest('a')}`,
      web: `ghcr.io/acme/web@${digest('b')}`,
      db: 'postgres:15',
    })
    expect(pinned.services['api']).toEqual({ image: `ghcr.io/acme/api@${digest('a')}`, command: ['serve'] })
  })

  test('a service that is built and was not given is refused', () => {
    expect(() => pinImages(modelOf({ cron: { build: { context: '.' } } }), built)).toThrowErrorMatchingInlineSnapshot(
      `[UsageError: services.cron has a build section, but the input images says nothing of it; give the output \`images\` of build-and-push]`,
    )
  })

  test('nothing to pin', () => {
    expect(images(pinImages(modelOf({ db: { image: 'postgres:15' } }), {}))).toEqual({ db: 'postgres:15' })
  })
})

describe('a release', () => {
  const name = { id: '20261121-120000-v1', version: 'v1', commit: 'c'.repeat(40) }
  const release = makeRelease(shopModel('1'), name, surroundings)

  test('its manifest says what it is', () => {
    expect(release.manifest).toMatchInlineSnapshot(`
      {
        "commit": "cccccccccccccccccccccccccccccccccccccccc",
        "format": 3,
        "id": "20261121-120000-v1",
        "order": [
          [
            "api",
          ],
          [
            "worker",
          ],
          [
            "nginx",
          ],
        ],
        "plainBecause": "no edge of the stack mounts a folder as /etc/nginx/estiba, /etc/caddy/estiba, /etc/haproxy/estiba, or /etc/traefik/estiba (docs/recipes.md)",
        "services": {
          "api": {
            "beside": false,
            "definition": "e4740b7781656368",
            "dependsOn": [
              "db",
            ],
            "image": "ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111",
            "kind": "web",
            "kindBecause": "worker depends on it",
            "mounts": [],
            "replicas": 1,
            "restart": "always",
            "stopGrace": 15,
          },
          "db": {
            "beside": false,
            "definition": "98a6529c31713830",
            "dependsOn": [],
            "image": "postgres:15",
            "kind": "data",
            "kindBecause": "its image is postgres, a store",
            "mounts": [
              "/srv/shop/project/data:/var/lib/postgresql/data",
            ],
            "replicas": 1,
            "restart": "always",
            "stopGrace": 10,
            "writes": [
              "/srv/shop/project/data",
            ],
          },
          "nginx": {
            "beside": false,
            "definition": "04b50ed47683330c",
            "dependsOn": [],
            "image": "nginx:1.28",
            "kind": "edge",
            "kindBecause": "\`nginx\` in the name of its image tells of a proxy, and it publishes a port",
            "mounts": [],
            "publishes": [
              "80/tcp",
            ],
            "replicas": 1,
            "restart": "always",
            "stopGrace": 10,
          },
          "worker": {
            "beside": false,
            "definition": "a596dedff0616dce",
            "dependsOn": [
              "api",
            ],
            "image": "ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111",
            "kind": "worker",
            "kindBecause": "\`worker\` in its name says that it looks for its work itself",
            "mounts": [],
            "replicas": 2,
            "restart": "no",
            "stopGrace": 30,
          },
        },
        "version": "v1",
      }
    `)
  })

  test('what it replaces carries its definition, a store stays as it was written', () => {
    const { services } = composeOf(release)
    expect(services['api']?.labels).toEqual({
      'estiba.definition': release.manifest.services['api']?.definition,
      'estiba.slot': 'plain',
    })
    expect(services['db']).toEqual(shopModel('1').services['db'])
  })

  test('the labels of the user stay', () => {
    const compose = composeOf(makeRelease(shopModel('1', { api: { labels: { team: 'shop' } } }), name, surroundings))
    expect(compose.services['api']?.labels).toMatchObject({ team: 'shop' })
  })

  test('two of the same model have the same definitions, whatever they are called', () => {
    expect(makeRelease(shopModel('1'), { ...name, id: 'other' }, surroundings).manifest.services).toEqual(
      release.manifest.services,
    )
  })

  test('a fixed name is refused', () => {
    const named = shopModel('1', { api: { container_name: 'api' } })
    expect(() => makeRelease(named, name, surroundings)).toThrowErrorMatchingInlineSnapshot(
      `[UsageError: services.api.container_name: the new container is made beside the old one, so the name can't be fixed; remove the line and use \`docker compose exec api\` in the stack's folder \`current\`]`,
    )
  })

  test('a kind that does not exist is refused', () => {
    const labelled = shopModel('1', { api: { labels: { 'estiba.kind': 'app server' } } })
    expect(() => makeRelease(labelled, name, surroundings)).toThrowErrorMatchingInlineSnapshot(
      `[UsageError: services.api.labels: estiba.kind is "app server"; write one of edge, web, worker, scheduler, job, data]`,
    )
  })

  test('a store may have a fixed name: it is not made anew', () => {
    expect(() => makeRelease(shopModel('1', { db: { container_name: 'pg' } }), name, surroundings)).not.toThrow()
  })

  test('a service without an image is refused', () => {
    expect(() => makeRelease(modelOf({ api: {} }), name, surroundings)).toThrow(
      'services.api has neither an image nor a build section',
    )
  })
})

describe('the order of starts', () => {
  function order(services: Readonly<Record<string, readonly string[]>>): readonly (readonly string[])[] {
    const described = Object.entries(services).map(([name, others]): [string, Service] => [
      name,
      { image: name, depends_on: Object.fromEntries(others.map((other) => [other, {}])) },
    ])
    return makeRelease(modelOf(Object.fromEntries(described)), { id: 'v1', version: 'v1', commit: '' }, surroundings)
      .manifest.order
  }

  test('each layer needs only the ones before; stores run already', () => {
    expect(order({ web: ['api'], api: ['postgres', 'cache'], cache: [], cron: ['cache'], postgres: [] })).toEqual([
      ['cache'],
      ['api', 'cron'],
      ['web'],
    ])
  })

  test('a circle, and what depends on it, starts at once and ends', () => {
    expect(order({ a: ['b'], b: ['a'], c: ['a'], d: [] })).toEqual([['d'], ['a', 'b', 'c']])
    expect(order({ a: ['a'] })).toEqual([['a']])
  })

  test('what is not in the file is not waited for', () => {
    expect(order({ a: ['elsewhere'] })).toEqual([['a']])
  })
})

test.each([
  [undefined, 10],
  ['0s', 0],
  ['30s', 30],
  ['1m30s', 90],
  ['1h0m1s', 3601],
  ['1.5s', 2],
  ['500ms', 1],
  ['1m0.25s', 61],
])('a grace period of %s is %d s', (text, seconds) => {
  expect(parseGrace(text)).toBe(seconds)
})

describe('x-estiba.strategy: rolling', () => {
  const model = (change: Parameters<typeof shopModel>[1] = switchable) => ({
    ...shopModel('1', change),
    'x-estiba': { strategy: 'rolling' },
  })
  const name = { id: 'v1', version: 'v1', commit: '' }

  test('is part of the release, and told to its edge', () => {
    const { manifest, edge } = makeRelease(model(), name, surroundings)
    const whole = makeRelease(shopModel('1', switchable), name, surroundings)
    expect(manifest.strategy).toBe('rolling')
    expect(whole.manifest).not.toHaveProperty('strategy')
    expect(edge?.['server.conf']).toContain('/live/api.b')
    expect(manifest.slots?.edgeHash).not.toBe(whole.manifest.slots?.edgeHash)
  })

  test('is refused behind Traefik, with what to write', () => {
    const traefik = {
      ...switchable,
      nginx: {
        image: 'traefik:v3.6',
        volumes: [{ type: 'bind', source: '/srv/shop/edge', target: TRAEFIK.folder }],
        ports: [{ target: 80, published: '80' }],
      },
    }
    expect(() => makeRelease(model(traefik), name, surroundings)).toThrow(
      /^x-estiba.strategy: Traefik \(services.nginx\) leads all services to the same slot, .*; write `strategy: whole`, .* or take nginx, Caddy or HAProxy$/,
    )
  })
})
