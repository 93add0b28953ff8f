import { describe, expect, test } from 'vitest'
import { checkLimited, limitTo } from '../../../src/release/limited.ts'
import { makeRelease, pinImages } from '../../../src/release/release.ts'
import { digest, shopModel, shopRelease, surroundings, switchable } from '../../support/stack.ts'

const live = shopRelease('v1', '1')
const name = { id: 'v2', version: 'v2', commit: '' }

describe('a deploy of some services', () => {
  test('has the live images of the others, also of those that were not built', () => {
    const { worker = {}, ...rest } = shopModel('2').services
    const { image, ...unbuilt } = worker
    const model = { name: 'shop', services: { ...rest, worker: { ...unbuilt, build: {} } } }
    const api = { repository: 'ghcr.io/acme/api', digest: digest('2'), platforms: {} }
    const limited = limitTo(pinImages(model, { api }, ['api']), ['api'], live)
    expect(Object.entries(limited.services).map(([service, text]) => [service, text.image])).toEqual([
      ['nginx', 'nginx:1.28'],
      ['api', `ghcr.io/acme/api@${digest('2')}`],
      ['db', 'postgres:15'],
      ['worker', `ghcr.io/acme/api@${digest('1')}`],
    ])
    const release = makeRelease(limited, name, surroundings).manifest
    checkLimited(release, ['api'], live)
    expect(release.services['worker']?.definition).toBe(live.services['worker']?.definition)
  })

  test.each([
    [['apo'], live, 'services: "apo" is no service of the compose file; there are: nginx, api, worker, db'],
    [['api'], undefined, 'services: there is no live release whose other services could stay; deploy all of it first'],
  ])('%j is refused: %s', (names, before, message) => {
    expect(() => limitTo(shopModel('2'), names, before)).toThrow(message)
  })

  test('a service that is new must be named', () => {
    const model = { ...shopModel('2'), services: { ...shopModel('2').services, mailer: { image: 'mailer:1' } } }
    expect(() => limitTo(model, ['api'], live)).toThrow('services: mailer is not in the live release v1; name it, too')
    expect(limitTo(model, ['api', 'mailer'], live).services['mailer']).toEqual({ image: 'mailer:1' })
  })

  test('what else changed is told, service by service', () => {
    const { db, ...rest } = shopModel('2', { worker: { command: ['work', 'harder'] } }).services
    const release = makeRelease(limitTo({ name: 'shop', services: rest }, ['api'], live), name, surroundings).manifest
    expect(() => {
      checkLimited(release, ['api'], live)
    }).toThrowErrorMatchingInlineSnapshot(`
      [UsageError: services: worker changed, too (environment, command, ports or the like); name it, too, or deploy all
      services: db is gone from the compose file; to retire it, deploy all]
    `)
  })

  test('another configuration of an edge is told, too, unless the edge is named', () => {
    const text = (of: string) => ({ 'own/nginx/etc_nginx_conf.d_shop.conf': of })
    const before = shopRelease('v1', '1', switchable, text('gzip off;'))
    const after = shopRelease('v2', '1', switchable, text('gzip on;'))
    expect(() => {
      checkLimited(after, ['api'], before)
    }).toThrow('services: the configuration of nginx changed, too; name it, too, or deploy all')
    checkLimited(after, ['nginx'], before)
    checkLimited(before, ['api'], before)
  })
})
