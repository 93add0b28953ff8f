import { describe, expect, test } from 'vitest'
import { otherSlot, slotAddress, slotNetwork, webAddresses } from '../../../src/edge/slots.ts'
import { slotSubnets } from '../../../src/edge/subnets.ts'

const subnets = { a: '10.213.0.0/24', b: '10.213.1.0/24' }

test('a slot, the other one, its network and its addresses', () => {
  expect([otherSlot('a'), otherSlot('b')]).toEqual(['b', 'a'])
  expect(slotNetwork('shop', 'b')).toBe('shop_slot-b')
  expect(slotAddress({ subnets }, 'b', 12)).toBe('10.213.1.12')
})

describe('addresses', () => {
  test('are given in the order of the names, and kept from release to release', () => {
    const first = webAddresses(
      new Map([
        ['web', { port: 80, replicas: 1 }],
        ['api', { port: 8000, replicas: 1 }],
      ]),
      [],
    )
    expect(first).toEqual({ api: { hosts: [10], port: 8000 }, web: { hosts: [11], port: 80 } })
    const next = webAddresses(
      new Map([
        ['admin', { port: 90, replicas: 1 }],
        ['web', { port: 8080, replicas: 1 }],
      ]),
      [{ subnets, web: first }],
    )
    expect(next).toEqual({ admin: { hosts: [12], port: 90 }, web: { hosts: [11], port: 8080 } })
  })

  test('of a service that is gone are not given to another while a release remembers it', () => {
    const kept = [{ subnets, web: { old: { hosts: [10], port: 1 } } }]
    expect(webAddresses(new Map([['new', { port: 2, replicas: 1 }]]), kept)).toEqual({ new: { hosts: [11], port: 2 } })
  })

  test('of replicas are kept as far as there were any, also when there were fewer in between', () => {
    const given = (replicas: number, before: Parameters<typeof webAddresses>[1]) =>
      webAddresses(new Map([['web', { port: 80, replicas }]]), before)['web']?.hosts
    const releases = [
      { subnets, web: { web: { hosts: [10], port: 80 }, api: { hosts: [11], port: 80 } } },
      { subnets, web: { web: { hosts: [10, 12], port: 80 } } },
      { subnets, web: { web: { hosts: [10], port: 80 } } },
    ]
    expect([1, 2, 3].map((replicas) => given(replicas, releases))).toEqual([[10], [10, 12], [10, 12, 13]])
  })

  test('end somewhere', () => {
    expect(() => webAddresses(new Map([['web', { port: 80, replicas: 119 }]]), [])).toThrow('have 118 replicas at most')
  })
})

describe('subnets', () => {
  test('the first free ones', () => {
    expect(slotSubnets('shop', [], [])).toEqual(subnets)
  })

  test('what the engine or a route has, whole or in part, is passed over', () => {
    const networks = [
      { name: 'x', subnets: ['10.213.0.128/25', 'fd00::/64'] },
      { name: 'host', subnets: [] },
    ]
    expect(slotSubnets('shop', networks, ['10.213.2.0/23', '0.0.0.0/0'])).toEqual({
      a: '10.213.1.0/24',
      b: '10.213.4.0/24',
    })
  })

  test('those that the stack has are kept for good', () => {
    const networks = [
      { name: 'shop_slot-b', subnets: ['10.99.7.0/24'] },
      { name: 'other_slot-a', subnets: ['10.213.0.0/24'] },
    ]
    expect(slotSubnets('shop', networks, ['10.99.7.0/24'])).toEqual({ a: '10.213.1.0/24', b: '10.99.7.0/24' })
  })

  test('those of the live release are kept, whatever became of its networks', () => {
    const live = { a: '10.213.4.0/24', b: '10.213.5.0/24' }
    expect(slotSubnets('shop', [], [], live)).toEqual(live)
    const other = [{ name: 'shop_slot-b', subnets: ['172.30.0.0/16'] }]
    expect(slotSubnets('shop', other, ['172.30.0.0/16'], live)).toEqual(live)
    // Somebody else has got them since.
    const taken = [{ name: 'other', subnets: ['10.213.5.0/24'] }]
    expect(slotSubnets('shop', taken, [], live)).toEqual({ a: live.a, b: '10.213.0.0/24' })
  })

  test('of a network that was made by hand, without the addresses of a slot, are no slot', () => {
    expect(slotSubnets('shop', [{ name: 'shop_slot-a', subnets: ['172.30.0.0/16'] }], [])).toEqual(subnets)
  })

  test('none is left', () => {
    expect(() => slotSubnets('shop', [], ['10.0.0.0/8'])).toThrowErrorMatchingInlineSnapshot(
      `[UsageError: the host has no free /24 between 10.213.0.0 and 10.219.255.0 for the slots; remove unused networks: docker network prune]`,
    )
  })
})
