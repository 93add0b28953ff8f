import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatHost, parseHost } from '../../../src/host/host.ts'

test.each([
  ['deploy@shop.example.com', { user: 'deploy', name: 'shop.example.com', port: 22 }],
  [' deploy@10.0.0.1:2222 ', { user: 'deploy', name: '10.0.0.1', port: 2222 }],
  ['d.e-p_l0y@[2001:db8::1]:2222', { user: 'd.e-p_l0y', name: '2001:db8::1', port: 2222 }],
  ['deploy@[::1]', { user: 'deploy', name: '::1', port: 22 }],
])('%s', (text, host) => {
  expect(parseHost(text)).toEqual(host)
})

test.each([
  '',
  'shop',
  '@shop',
  'deploy@',
  'deploy@shop:ssh',
  'deploy@::1',
  'de ploy@shop',
  'deploy@shop;ls',
  'ssh://a@b',
])('"%s" is not a host', (text) => {
  expect(parseHost(text)).toBe(`write user@host or user@host:port, not "${text}"`)
})

test.each(['0', '65536', '99999'])('port %s does not exist', (port) => {
  expect(parseHost(`deploy@shop:${port}`)).toBe(`port ${port} is not between 1 and 65535`)
})

test('what is formatted can be parsed again', () => {
  const host = fc.record({
    user: fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/),
    name: fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().filter((address) => /^[0-9a-f:.]+$/i.test(address)),
    ),
    port: fc.integer({ min: 1, max: 65_535 }),
  })
  fc.assert(
    fc.property(host, (value) => {
      expect(parseHost(formatHost(value))).toEqual(value)
    }),
  )
})
