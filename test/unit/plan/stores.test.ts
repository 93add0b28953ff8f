import { describe, expect, test } from 'vitest'
import type { Service } from '../../../src/compose/model.ts'
import type { Manifest } from '../../../src/release/manifest.ts'
import { makeRelease } from '../../../src/release/release.ts'
import type { Container, Observation } from '../../../src/stack/observation.ts'
import { planText } from '../../support/plan-text.ts'
import { container, emptyHost, hostWith, shopModel, shopRelease, surroundings } from '../../support/stack.ts'

const DATA = '/var/lib/postgresql/data'
const volume = (source: string): Partial<Service> => ({ volumes: [{ type: 'volume', source, target: DATA }] })

/** The shop with its database called `postgres`, and nothing called `db`. */
function renamed(change: Partial<Service> = {}, volumes = {}) {
  const { services, ...model } = shopModel('2')
  const { db, ...rest } = services
  const postgres = { ...db, ...change }
  const name = { id: 'v2', version: 'v2', commit: '' }
  return makeRelease({ ...model, services: { ...rest, postgres }, volumes }, name, surroundings).manifest
}

const one = shopRelease('v1', '1')

/** A host on which the database of the first release has its data there. */
function hostWithDataIn(mount: Partial<Container['mounts'][number]>, change: Partial<Container>): Observation {
  const host = hostWith(one)
  const db = container('db', {
    image: 'postgres:15',
    mounts: [{ Type: 'volume', Source: '/x', Destination: DATA, RW: true, ...mount }],
    ...change,
  })
  return {
    ...host,
    containers: [...host.containers.filter(({ labels }) => labels['com.docker.compose.service'] !== 'db'), db],
  }
}

describe('a store that is called otherwise', () => {
  test('is not started on the data of the one that runs', () => {
    expect(() => planText(renamed(), hostWith(one))).toThrowErrorMatchingInlineSnapshot(
      `[UsageError: services.postgres would write to /srv/shop/project/data, to which shop-db-1, a container of the service db that the release does not have, writes as well; two stores on the same data destroy it, and a deploy never stops one. Keep the name db; or rename it by hand in a maintenance window: back it up, run \`docker stop shop-db-1 && docker rm shop-db-1\` on the server (what it keeps in /srv/shop/project/data stays), and deploy again at once, which starts postgres on it]`,
    )
  })

  test.each<[string, string, Partial<Container>]>([
    ['in a volume', 'shop_pg', {}],
    ['in a volume that is called otherwise in the file', 'old_pg', {}],
    ['of one that is restarted over and over', 'shop_pg', { status: 'restarting' }],
    ['of one that the engine would start again', 'shop_pg', { status: 'exited' }],
  ])('%s', (_, name, container) => {
    const to = renamed(volume('pg'), { pg: { name } })
    expect(() => planText(to, hostWithDataIn({ Name: name }, container))).toThrow(
      /services\.postgres would write to (shop|old)_pg, to which shop-db-1, a container of the service db/,
    )
  })

  const inPg = { Name: 'shop_pg' }
  const read = { type: 'volume', source: 'pg', target: DATA, read_only: true }
  const socket = { type: 'bind', source: '/run/x', target: '/x' }
  test.each<[string, Partial<Service>, Partial<Container['mounts'][number]>, Partial<Container>]>([
    ['other data', volume('new'), inPg, {}],
    ['a volume whose name ends like the other', volume('g'), { Name: 'x_shop_g' }, {}],
    ['what it only reads', { volumes: [read] }, inPg, {}],
    ['what the other only reads', volume('pg'), { ...inPg, RW: false }, {}],
    ['what is the system’s', { volumes: [socket] }, { Type: 'bind', Source: '/run/x' }, {}],
    ['that of one that nothing starts again', volume('pg'), inPg, { status: 'exited', restart: 'no' }],
  ])('may have %s', (_, change, mount, container) => {
    expect(planText(renamed(change), hostWithDataIn(mount, container))).toContain(
      'postgres  create   data: renamed: was db',
    )
  })

  test('by hand: the old container is gone, and the new one starts on the data', () => {
    const host = hostWith(one)
    const containers = host.containers.filter(({ labels }) => labels['com.docker.compose.service'] !== 'db')
    expect(planText(renamed(), { ...host, containers })).toContain('--wait-timeout 120 postgres')
  })

  test('a release of an earlier version says less, and is not taken more lightly', () => {
    const to = JSON.parse(
      JSON.stringify(renamed(volume('pg')), (key, value: unknown) => (key === 'writes' ? undefined : value)),
    ) as Manifest
    expect(() => planText(to, hostWithDataIn(inPg, {}))).toThrow('services.postgres would write to shop_pg')
  })
})

describe('a store that is gone from the file', () => {
  const { db, ...services } = shopRelease('v2', '2').services
  const two = { ...shopRelease('v2', '2'), services }
  const goesOn =
    'db      leave    data: the release has it no more, but a deploy never touches data: it goes on running until somebody removes it by hand'

  test('goes on running, and the plan says so', () => {
    expect(planText(two, hostWith(one))).toContain(goesOn)
  })

  test('each time, as long as a release is kept that tells what it was', () => {
    const later = { ...two, id: 'v3' }
    const left = hostWith(one).containers.filter(({ labels }) => labels['com.docker.compose.service'] === 'db')
    const host = hostWith(one, two)
    expect(planText(later, { ...host, containers: [...host.containers, ...left] })).toContain(goesOn)
    expect(planText(later, { ...host, releases: [two], containers: [...host.containers, ...left] })).toContain(
      'db      leave    unknown: no release has it: it goes on running',
    )
  })

  test('so does what somebody started by hand beside the stack, and one-off containers are none of it', () => {
    const once = { 'com.docker.compose.service': 'shell', 'com.docker.compose.oneoff': 'True' }
    const containers = [container('adminer', { status: 'exited' }), container('shell', { labels: once })]
    const text = planText(one, { ...emptyHost, containers })
    expect(text).toContain('adminer  leave    unknown: no release has it: it stays as it is')
    expect(text).not.toContain('shell')
  })
})
