import { expect, test } from 'vitest'
import { isOutside, outsideEdge, placeOf } from '../../../src/edge/outside.ts'

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
