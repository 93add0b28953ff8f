import { expect, test } from 'vitest'
import { problemOfName, problemOfPath } from '../../../src/stack/stack.ts'

test.each(['shop', '0shop', 'my-shop_2'])('%s is a name', (name) => {
  expect(problemOfName(name)).toBeUndefined()
})

test.each(['Shop', '-shop', 'shop.eu', 'a b', "x'; rm"])('%s is no name', (name) => {
  expect(problemOfName(name)).toBe(
    `write a Compose project name (lowercase letters, digits, - and _; a letter or digit first), not "${name}"`,
  )
})

test.each(['/srv/shop', '/home/deploy/my.shop_2/@x', '/a'])('%s is a folder', (path) => {
  expect(problemOfPath(path)).toBeUndefined()
})

test.each(['/srv/../etc', '/srv/my shop', '/srv/shop/', '/', '//srv', '/srv/$HOME', "/srv/'x"])(
  '%s is no folder for a stack',
  (path) => {
    expect(problemOfPath(path)).toBe(
      `use letters, digits and . _ @ - between the slashes, without a slash at the end, not "${path}"`,
    )
  },
)

test('a relative folder is none', () => {
  expect(problemOfPath('srv/shop')).toBe('write an absolute path such as /srv/shop, not "srv/shop"')
})
