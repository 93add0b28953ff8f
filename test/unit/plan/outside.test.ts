import { describe, expect, test } from 'vitest'
import { makeRelease } from '../../../src/release/release.ts'
import type { Manifest } from '../../../src/release/manifest.ts'
import type { Container, Observation } from '../../../src/stack/observation.ts'
import { commandsOf, planText } from '../../support/plan-text.ts'
import {
  container,
  containersOfRelease,
  emptyHost,
  hostWith,
  readyHost,
  shopModel,
  surroundings,
} from '../../support/stack.ts'

/** A shop without an edge of its own. */
function release(version: string, api: string, edge: Readonly<Record<string, string>>): Manifest {
  const { nginx: _, ...services } = shopModel(api, {
    api: { expose: ['8000'], labels: { 'estiba.kind': 'web' } },
  }).services
  const model = { name: 'shop', services, 'x-estiba': { edge } }
  return makeRelease(model, { id: version, version, commit: api.repeat(40) }, surroundings).manifest
}

const shared = { nginx: 'proxy/nginx' }
const [one, two] = [release('v1', '1', shared), release('v2', '2', shared)]
const SLOTS = ['shop_slot-a', 'shop_slot-b']

/** The edge of all stacks of a server. */
function edge(networks: readonly string[], change: Partial<Container> = {}): Container {
  const labels = { 'com.docker.compose.project': 'proxy', 'com.docker.compose.service': 'nginx' }
  return container('nginx', { labels, networks, ...change })
}

const switching = (to: Manifest, observation: Observation): readonly string[] =>
  commandsOf(planText(to, observation)).filter((line) => /edge|join_slots|drain|stand_by/.test(line))

describe('an edge of another stack', () => {
  test('is switched and asked like one of the stack, and stays as it is', () => {
    const found = { ...hostWith(one), outside: [edge(['proxy_default', ...SLOTS])] }
    expect(planText(two, found)).toContain(
      'proxy/nginx  leave    edge: the edge that leads to this stack (x-estiba.edge) stays as it is',
    )
    expect(switching(two, found)).toMatchInlineSnapshot(`
      [
        "way back: $ stand_by 120 db api worker && lead_back releases/v1/a api=d46a468f8933d529/b worker=984bdedd2f7b08ac/b",
        "way back: $ stand_by 120 db worker",
        "$ switch_edge b-trial && see_edge b-trial proxy/nginx",
        "way back: $ switch_edge a && stand_by 120 db api && see_edge a proxy/nginx && drain 5 10.213.1.0/24 proxy/nginx",
        "$ switch_edge b && await_engine && see_edge b proxy/nginx",
        "$ drain 30 10.213.0.0/24 proxy/nginx && remove_old api=d46a468f8933d529 worker=984bdedd2f7b08ac",
        "$ stand_by 120 db",
        "$ keep_alive api=d46a468f8933d529:always && switch_edge b && see_edge b proxy/nginx && stop_old api=d46a468f8933d529",
      ]
    `)
  })

  test('joins the slots where it was made anew since, also when nothing else changed', () => {
    const found = { ...hostWith(one), outside: [edge(['proxy_default'])] }
    expect(switching(one, found)).toEqual(['$ join_slots proxy/nginx'])
  })

  test('leads elsewhere until the first release is ready', () => {
    const byHand = containersOfRelease(one).map(({ labels, ...rest }) => ({
      ...rest,
      labels: { 'com.docker.compose.service': labels['com.docker.compose.service'] ?? '' },
    }))
    const found = { ...emptyHost, containers: byHand, outside: [edge(['proxy_default'])] }
    expect(switching(one, found)).toMatchInlineSnapshot(`
      [
        "$ join_slots db proxy/nginx",
        "way back: $ stand_by 120 db api worker",
        "way back: $ stand_by 120 db worker",
        "$ switch_edge a-trial",
        "$ configure_edge proxy/nginx && see_edge a-trial proxy/nginx",
        "way back: $ configure_edge_back proxy/nginx",
        "$ switch_edge a && await_engine && see_edge a proxy/nginx",
        "$ tidy_edge",
        "$ stand_by 120 db",
        "$ keep_alive api=3864fb2d65c7c248:always && configure_edge proxy/nginx && switch_edge a && see_edge a proxy/nginx && stop_old api=3864fb2d65c7c248",
      ]
    `)
    // Of an attempt that was taken back the link is left, and leads to a slot in which nothing is.
    const again = { ...found, edge: { live: 'a' as const, hash: 'of what it had before' } }
    expect(switching(one, again).filter((line) => line.includes('-trial'))).toEqual([
      '$ switch_edge b-trial',
      '$ configure_edge proxy/nginx && see_edge b-trial proxy/nginx',
    ])
  })

  test.each([
    ['is not there', []],
    ['has stopped', [edge(SLOTS, { status: 'exited' })]],
    [
      'is another',
      [edge(SLOTS, { labels: { 'com.docker.compose.project': 'proxy', 'com.docker.compose.service': 'web' } })],
    ],
  ])('that %s is missed before anything is done', (_, outside) => {
    expect(() => planText(two, { ...hostWith(one), outside })).toThrow(
      'x-estiba.edge: no container of proxy/nginx runs that mounts the folder `edge` of this stack',
    )
  })
})

describe("the server's own nginx", () => {
  const [first, second] = [release('v1', '1', { nginx: 'host' }), release('v2', '2', { nginx: 'host' })]
  const on = (nginx: 'ready' | 'refused' | undefined): Observation => ({
    ...hostWith(first),
    host: { ...readyHost, nginx },
  })

  test('reaches the slots as it is', () => {
    expect(switching(second, on('ready'))).toContain('$ switch_edge b-trial && see_edge b-trial @host')
    expect(switching(second, on('ready')).join()).not.toContain('join_slots')
  })

  test('is reloaded where it would be told something else, in front of everything', () => {
    const found = on('ready')
    const other = { ...found, edge: { live: 'a' as const, hash: '0' } }
    expect(switching(second, other)).toContain('$ configure_edge @host && see_edge a @host')
  })

  test('must be there, and be at the command of the user', () => {
    expect(() => planText(second, on('refused'))).toThrow(
      'deploy ALL=(root) NOPASSWD: /usr/sbin/nginx -t -q, /usr/sbin/nginx -s reload',
    )
    expect(() => planText(second, on(undefined))).toThrow('x-estiba.edge: there is no nginx on the server itself')
  })
})
