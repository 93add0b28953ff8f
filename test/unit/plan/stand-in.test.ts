import { describe, expect, test } from 'vitest'
import type { Container, Observation } from '../../../src/stack/observation.ts'
import { commandsOf, planText } from '../../support/plan-text.ts'
import { container, containersOfRelease, emptyHost, hostWith, shopRelease, switchable } from '../../support/stack.ts'

const one = shopRelease('v1', '1', switchable)

/** A container as somebody's `docker compose up` made it. */
function byHand(service: string, change: Partial<Container> = {}): Container {
  const labels = { 'com.docker.compose.service': service, 'com.docker.compose.project': 'shop' }
  return container(service, { labels, networks: ['shop_default'], exposed: { '8000': {}, '9000/tcp': {} }, ...change })
}

/** What runs by hand: the shop with these containers of its api. */
function handMade(...apis: readonly Container[]): Observation {
  return { ...emptyHost, containers: [byHand('nginx'), byHand('worker'), ...apis] }
}

const guestsIn = (text: string): readonly string[] =>
  commandsOf(text).filter((line) => line.includes('admit_old') || line.includes('leave_slot'))

describe('what was started by hand answers in the trial of the first release', () => {
  test('as a guest in the free slot, from before the old edge is stopped until it is back', () => {
    const text = planText(one, handMade(byHand('api')))
    expect(guestsIn(text)).toEqual([
      '$ admit_old b api=10.213.1.10',
      'way back: $ drain 5 10.213.1.0/24 nginx && leave_slot b api',
    ])
    expect(text).toMatch(/admit_old[^]*stop the old nginx[^]*lead the edge to slot a/)
    expect(text).toContain('until it is confirmed the other slot answers where the new one takes no connection')
  })

  test('at the address of each replica, also where a release without slots has made it', () => {
    const three = shopRelease('v2', '2', { ...switchable, api: { ...switchable['api'], deploy: { replicas: 3 } } })
    const plain = containersOfRelease(shopRelease('v1', '1'))
    const containers = plain.map((each) => ({
      ...each,
      ...byHand('', { labels: { ...each.labels, 'com.docker.compose.project': 'shop' } }),
      name: each.name,
      image: each.image,
      mounts: each.mounts,
    }))
    const host = { ...hostWith(shopRelease('v1', '1')), containers }
    expect(guestsIn(planText(three, host))[0]).toBe('$ admit_old b api=10.213.1.10,10.213.1.11,10.213.1.12')
  })

  test('behind a way back that left the link, in the slot that it led to', () => {
    const again = { ...handMade(byHand('api')), edge: { live: 'a' as const, hash: 'x' } }
    expect(guestsIn(planText(one, again))[0]).toBe('$ admit_old a api=10.213.0.10')
  })

  test.each([
    [
      'does not say that it listens where the edge will ask',
      byHand('api', { exposed: { '8000/udp': {}, '9000/tcp': {} } }),
    ],
    ['says of no port that it listens there', byHand('api', { exposed: null })],
    ['shares the network of the host', byHand('api', { networks: ['host'] })],
    ['shares that of another container', byHand('api', { networks: [] })],
    ['has a way out that would be another one', byHand('api', { networks: ['shop_default', 'shop_zone'] })],
    ['does not run', byHand('api', { status: 'exited' })],
  ])('unless one of them %s', (_, api) => {
    const text = planText(
      one,
      handMade(byHand('api', { name: '/shop-api-2', ...(api.status === 'exited' && { status: 'exited' }) }), api),
    )
    expect(guestsIn(text)).toEqual([])
    expect(text).toContain('nothing old is in a slot to answer where it takes no connection')
  })
})

test('where nothing ran before, nothing answers for a release; else the old slot does', () => {
  const because = (observation: Observation): string =>
    /lead the edge to slot ., because what is there has proved itself; (.*) \(/.exec(
      planText(shopRelease('v2', '2', switchable), observation),
    )?.[1] ?? ''
  expect(because(emptyHost)).toBe('nothing old is in a slot to answer where it takes no connection')
  expect(because(hostWith(one))).toBe(
    'until it is confirmed the old slot answers where the new one takes no connection',
  )
})

test('guests that a transaction which got stuck has left in the slot are sent away before it is used', () => {
  const stuck = handMade(byHand('api', { networks: ['shop_default', 'shop_slot-a'] }))
  const text = planText(one, stuck)
  expect(text).toContain('have the old api leave slot a')
  expect(guestsIn(text)).toEqual([
    '$ leave_slot a api',
    '$ admit_old b api=10.213.1.10',
    'way back: $ drain 5 10.213.1.0/24 nginx && leave_slot b api',
  ])
})
