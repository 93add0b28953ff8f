import { describe, expect, test } from 'vitest'
import type { Service } from '../../../src/compose/model.ts'
import { planText } from '../../support/plan-text.ts'
import { container, digest, emptyHost, entry, hostWith, shopRelease } from '../../support/stack.ts'

const one = shopRelease('v1', '1')
const two = shopRelease('v2', '2')

function isOf(service: string) {
  return ({ labels }: { readonly labels: Readonly<Record<string, string>> }): boolean =>
    labels['com.docker.compose.service'] === service
}

/** The lines of a plan that contain a word. */
function linesWith(word: string, text: string): string {
  return text
    .split('\n')
    .filter((line) => line.includes(word))
    .join('\n')
}

describe('data', () => {
  test('what was kept is not replaced, whatever it looks like now', () => {
    const one = shopRelease('v1', '1', {
      store: { image: 'acme/store:1', volumes: [{ type: 'volume', source: 's', target: '/s' }] },
    })
    const store = { image: 'acme/store:2', ports: [{ target: 80, published: '8000' }] }
    expect(() => planText(shopRelease('v2', '2', { store }), hostWith(one))).toThrow(
      'services.store keeps data in the live release, and would be replaced as a web now (it publishes a port); say what it is: label it ' +
        'estiba.kind: data, or estiba.kind: web',
    )
    const labelled = { ...store, labels: { 'estiba.kind': 'web' } }
    expect(planText(shopRelease('v2', '2', { store: labelled }), hostWith(one))).toContain('store   replace  web')
  })

  const refused = (changed: Partial<Service>) => () => planText(shopRelease('v2', '2', { db: changed }), hostWith(one))

  test('another image is refused', () => {
    expect(refused({ image: 'postgres:16' })).toThrowErrorMatchingInlineSnapshot(
      `[UsageError: services.db keeps data and would become another one: image postgres:15 -> postgres:16. A deploy never recreates a store: change it by hand in a maintenance window, or put the line back. If it keeps nothing, label it estiba.kind: web or worker]`,
    )
  })

  test('another folder is refused', () => {
    const volumes = [{ type: 'bind', source: '/srv/shop/project/other', target: '/var/lib/postgresql/data' }]
    expect(refused({ volumes })).toThrowErrorMatchingInlineSnapshot(
      `[UsageError: services.db keeps data and would become another one: mounts /srv/shop/project/data:/var/lib/postgresql/data -> /srv/shop/project/other:/var/lib/postgresql/data. A deploy never recreates a store: change it by hand in a maintenance window, or put the line back. If it keeps nothing, label it estiba.kind: web or worker]`,
    )
  })

  test('another environment is refused', () => {
    expect(refused({ environment: { POSTGRES_DB: 'other' } })).toThrowErrorMatchingInlineSnapshot(
      `[UsageError: services.db keeps data and would become another one: its definition (environment, command, ports or the like) changed. A deploy never recreates a store: change it by hand in a maintenance window, or put the line back. If it keeps nothing, label it estiba.kind: web or worker]`,
    )
  })

  test('another folder is refused also when no container is left to compare with', () => {
    const volumes = [{ type: 'bind', source: '/srv/shop/project/other', target: '/var/lib/postgresql/data' }]
    const moved = shopRelease('v2', '2', { db: { volumes } })
    expect(() => planText(moved, { ...hostWith(one), containers: [] })).toThrow(
      'db keeps data and would become another',
    )
  })

  test('a hand-started store with data elsewhere is refused', () => {
    const mounts = [{ Type: 'bind', Source: '/home/me/data', Destination: '/var/lib/postgresql/data' }]
    const containers = [container('db', { image: 'postgres:14', mounts })]
    expect(() => planText(one, { ...emptyHost, containers })).toThrowErrorMatchingInlineSnapshot(`
      [UsageError: services.db keeps data and would become another one: image postgres:14 -> postgres:15. A deploy never recreates a store: change it by hand in a maintenance window, or put the line back. If it keeps nothing, label it estiba.kind: web or worker
      services.db keeps data and would become another one: nothing is mounted as /srv/shop/project/data:/var/lib/postgresql/data now. A deploy never recreates a store: change it by hand in a maintenance window, or put the line back. If it keeps nothing, label it estiba.kind: web or worker]
    `)
  })

  test('a store that was moved on by hand is taken as it runs', () => {
    const upgraded = shopRelease('v2', '2', { db: { image: 'postgres:16' } })
    const host = hostWith(one)
    const containers = host.containers.map((each) => (isOf('db')(each) ? { ...each, image: 'postgres:16' } : each))
    expect(linesWith('  db ', planText(upgraded, { ...host, containers }))).toMatchInlineSnapshot(
      `"  db      leave    data: a deploy never touches data (its image is postgres, a store)"`,
    )
  })

  test('a named volume carries the name of its project', () => {
    const volumes = [{ type: 'volume', source: 'pgdata', target: '/var/lib/postgresql/data' }]
    const to = shopRelease('v1', '1', { db: { volumes } })
    const mounted = (Name: string) => {
      const mounts = [{ Type: 'volume', Source: '/x', Name, Destination: '/var/lib/postgresql/data' }]
      return { ...emptyHost, containers: [container('db', { image: 'postgres:15', mounts })] }
    }
    expect(linesWith('  db ', planText(to, mounted('shop_pgdata')))).toContain('leave')
    expect(() => planText(to, mounted('shop_other'))).toThrow(
      'nothing is mounted as pgdata:/var/lib/postgresql/data now',
    )
  })
})

describe('the order of starts', () => {
  test('in layers by depends_on, with the time that each container may take', () => {
    expect(linesWith('wait until', planText(one, emptyHost))).toMatchInlineSnapshot(`
      "  03 start the new api, and wait until it is healthy, because what comes before is up; a health check must say yes three times in a row (reversible, at most 195 s)
        04 start the new worker, and wait until it is healthy, because what comes before is up; a health check must say yes three times in a row (reversible, at most 210 s)
        05 start the new nginx, and wait until it is healthy, because what comes before is up; a health check must say yes three times in a row (reversible, at most 190 s)"
    `)
  })

  test('a circle starts at once', () => {
    const to = shopRelease('v1', '1', { api: { depends_on: { worker: {} } } })
    expect(linesWith('wait until', planText(to, emptyHost))).toMatchInlineSnapshot(`
      "  03 start the new api, worker, and wait until they are healthy, because what comes before is up; a health check must say yes three times in a row (reversible, at most 210 s)
        04 start the new nginx, and wait until it is healthy, because what comes before is up; a health check must say yes three times in a row (reversible, at most 190 s)"
    `)
  })
})

describe('what follows the commit', () => {
  test('releases beyond the kept ones go, with the images that only they use', () => {
    const releases = [shopRelease('v0', '0'), one, two, shopRelease('v3', '3')] as const
    const text = planText(shopRelease('v4', '1'), hostWith(...releases), { keep: 2 })
    expect(linesWith('forget', text)).toMatchInlineSnapshot(`
      "  05 forget old releases, because the last 2 are kept (irreversible, at most 90 s)
           $ forget_releases v0 v1 v2 && forget_files && let_go v0 v1 v2
        06 forget old releases, because no kept release uses their images (irreversible, at most 90 s)
           $ forget_images ghcr.io/acme/api@sha256:0000000000000000000000000000000000000000000000000000000000000000 ghcr.io/acme/api@sha256:2222222222222222222222222222222222222222222222222222222222222222"
    `)
    expect(text).not.toMatch(/forget_images.*nginx/)
  })

  test('the live release stays, however few are kept', () => {
    // v4 was confirmed after v3, and counts before it.
    const releases = [one, two, shopRelease('v3', '3'), shopRelease('v4', '4')] as const
    const host = { ...hostWith(...releases), current: 'v3' }
    expect(linesWith('forget_releases', planText(one, host, { keep: 2 }))).toMatchInlineSnapshot(
      `"     $ forget_releases v2 && forget_files && let_go v2"`,
    )
  })

  test('a release that never was confirmed is the first to go', () => {
    const host = hostWith(one, two)
    const ledger = [entry('v1', ''), entry('v1b', 'v1', { result: 'stuck' }), entry('v2', 'v1')]
    const releases = [one, { ...one, id: 'v1b' }, two]
    expect(linesWith('forget', planText(shopRelease('v3', '3'), { ...host, ledger, releases }))).toMatchInlineSnapshot(`
      "  05 forget old releases, because the last 5 are kept (irreversible, at most 90 s)
           $ forget_releases v1b && forget_files && let_go v1b"
    `)
  })
})

describe('nginx', () => {
  test('is reloaded when it stays and what it leads to is replaced, on the way back too', () => {
    expect(linesWith('reload', planText(two, hostWith(one)))).toMatchInlineSnapshot(`
      "     way back: $ stand_by 120 db api worker && stand_by 120 nginx && reload_nginx nginx
        06 reload nginx, because it looks names up only when it starts, and the containers have new addresses (nothing to undo, at most 30 s)
           $ reload_nginx nginx
        03 reload nginx, because it looks names up only when it starts, and the containers have new addresses (nothing to undo, at most 30 s)
           $ await_engine && reload_nginx nginx"
    `)
  })

  test('needs no reload when it is replaced itself', () => {
    const to = shopRelease('v2', '2', { nginx: { image: 'nginx:1.29' } })
    expect(planText(to, hostWith(one))).not.toContain('reload')
  })

  test('is not reloaded when it is another proxy', () => {
    const caddy = { nginx: { image: 'caddy:2' } }
    expect(planText(shopRelease('v2', '2', caddy), hostWith(shopRelease('v1', '1', caddy)))).not.toContain('reload')
  })
})

test('old containers that the engine restarts over and over are stopped, but are no way back', () => {
  const host = hostWith(one)
  const containers = host.containers.map((each) => (isOf('api')(each) ? { ...each, status: 'restarting' } : each))
  const text = planText(two, { ...host, containers })
  expect(linesWith('stop_old', text)).toContain('stop_old api=')
  expect(linesWith('start_old', text)).not.toContain('api=')
})

test('a service of several replicas is made beside the old in its number', () => {
  const to = shopRelease('v2', '2', { api: { image: `ghcr.io/acme/api@${digest('2')}`, deploy: { replicas: 3 } } })
  expect(linesWith('create_new', planText(to, hostWith(one)))).toMatch(/api=[0-9a-f]{16}:3 /)
})
