import { describe, expect, test } from 'vitest'
import { isOutside, outsideEdge, placeOf, strategyOf } from '../../../src/edge/outside.ts'

const stack = { name: 'shop', path: '/srv/shop' }
const of = (extension: unknown) => outsideEdge({ name: 'shop', services: {}, 'x-estiba': extension })

test.each([
  [{ nginx: 'host' }, '@host', '/srv/shop/edge'],
  [{ nginx: 'proxy/web' }, 'proxy/web', '/etc/nginx/estiba/shop'],
  [{ caddy: 'front-1/caddy.v2' }, 'front-1/caddy.v2', '/etc/caddy/estiba/shop'],
])('%j', (edge, name, folder) => {
  const found = of({ edge })
  expect(found?.name).toBe(name)
  expect(isOutside(name)).toBe(true)
  expect(found && placeOf(found, stack)).toEqual({ stack: 'shop', folder, isShared: true })
})

test('without a word of it the edge is a service of the stack', () => {
  expect(outsideEdge({ name: 'shop', services: {} })).toBeUndefined()
  expect(isOutside('nginx')).toBe(false)
})

test.each([
  [null],
  ['nginx'],
  [{}],
  [{ edge: 'host' }],
  [{ edge: {} }],
  [{ edge: { nginx: 'host', caddy: 'proxy/caddy' } }],
  [{ edge: { apache: 'host' } }],
  [{ edge: { caddy: 'host' } }],
  [{ edge: { nginx: 'proxy' } }],
  [{ edge: { nginx: 'Proxy/web' } }],
  [{ edge: { nginx: ['host'] } }],
  [{ edge: { nginx: 'host' }, edges: 1 }],
])('x-estiba: %j is refused, with what to write', (extension) => {
  expect(() => of(extension)).toThrow(/^x-estiba: .* is not understood; write `edge: { nginx: host }` .*proxy\/web/)
})

test('a service of the same stack is none from outside', () => {
  expect(() => of({ edge: { nginx: 'shop/nginx' } })).toThrow(
    'x-estiba.edge: shop/nginx is a service of this very stack; leave x-estiba out, and mount ./edge as /etc/nginx/estiba there',
  )
})

describe('x-estiba.strategy', () => {
  const strategy = (extension: unknown) => strategyOf({ name: 'shop', services: {}, 'x-estiba': extension })

  test('is whole unless it says rolling, with an edge from outside or without', () => {
    expect(strategyOf({ name: 'shop', services: {} })).toBe('whole')
    expect(strategy({ strategy: 'whole' })).toBe('whole')
    expect(strategy({ strategy: 'rolling' })).toBe('rolling')
    expect(strategy({ strategy: 'rolling', edge: { nginx: 'host' } })).toBe('rolling')
    expect(of({ strategy: 'rolling', edge: { nginx: 'host' } })?.name).toBe('@host')
    expect(of({ strategy: 'rolling' })).toBeUndefined()
  })

  test.each([['Rolling'], [true], [['rolling']]])('%j is refused, with what to write', (word) => {
    expect(() => strategy({ strategy: word })).toThrow(
      /^x-estiba.strategy: .* is not understood; write `whole` .* or `rolling` for one after the other where memory is short$/,
    )
  })

  test('is told to the edge, which else is told nothing of it', () => {
    const edge = of({ edge: { nginx: 'host' } })
    expect(edge && placeOf(edge, stack, 'rolling').isRolling).toBe(true)
    expect(edge && 'isRolling' in placeOf(edge, stack, 'whole')).toBe(false)
  })
})
