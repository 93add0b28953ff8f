import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonical, definitionOf } from '../../../src/compose/definition.ts'
import type { ComposeModel, Service } from '../../../src/compose/model.ts'

const service: Service = {
  image: 'api:1',
  environment: { A: '1', B: '2' },
  configs: [{ source: 'nginx' }],
  labels: { team: 'shop' },
}

function definition(change: Partial<Service>, configs: ComposeModel['configs'] = {}): string {
  const text = { ...service, ...change }
  return definitionOf(text, {
    name: 'shop',
    services: { api: text },
    configs: { nginx: { content: 'listen 80' }, ...configs },
  })
}

const json = fc.jsonValue({ maxDepth: 3 })

describe('canonical', () => {
  test('is JSON of the same value', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  test('does not depend on the order of keys, but on that of lists', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), (record) => {
        const turned = Object.fromEntries(Object.entries(record).toReversed())
        expect(canonical(turned)).toBe(canonical(record))
      }),
    )
    expect(canonical([1, 2])).not.toBe(canonical([2, 1]))
  })

  test('tells different values apart', () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other))
        const areEqual = canonical(one) === canonical(other)
        // Only the order of keys, and -0, may differ without a difference.
        if (areEqual) expect(JSON.parse(JSON.stringify(one))).toEqual(JSON.parse(JSON.stringify(other)))
      }),
    )
  })
})

describe('the definition of a service', () => {
  test('is 16 hex digits', () => {
    expect(definition({})).toMatch(/^[0-9a-f]{16}$/)
  })

  test('changes with anything that is added to it', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, value) => {
        fc.pre(name !== '__proto__')
        expect(definition({ environment: { A: '1', B: '2', [`C${name}`]: value } })).not.toBe(definition({}))
      }),
    )
  })

  test.each<[string, Partial<Service>]>([
    ['image', { image: 'api:2' }],
    ['environment', { environment: { A: '1', B: '3' } }],
    ['command', { command: ['serve'] }],
    ['replicas', { deploy: { replicas: 2 } }],
    ['volumes', { volumes: [{ type: 'bind', source: '/srv/shop/files/abc', target: '/etc/nginx' }] }],
  ])('changes with its %s', (_, change) => {
    expect(definition(change)).not.toBe(definition({}))
  })

  test.each<[string, Partial<Service>]>([
    ['how it is built', { build: { context: '.' } }],
    ['what it depends on', { depends_on: { db: { condition: 'service_healthy' } } }],
    ['the order of keys', { environment: { B: '2', A: '1' } }],
  ])('does not change with %s', (_, change) => {
    expect(definition(change)).toBe(definition({}))
  })

  test('changes with the text of a config that it mounts, and with no other', () => {
    expect(definition({}, { nginx: { content: 'listen 81' } })).not.toBe(definition({}))
    expect(definition({}, { other: { content: 'x' } })).toBe(definition({}))
    expect(definition({ configs: [] }, { nginx: { content: 'listen 81' } })).toBe(definition({ configs: [] }))
  })

  test('changes with the place of a config file, which is named after its content', () => {
    expect(definition({}, { nginx: { file: '/srv/shop/files/a/nginx.conf' } })).not.toBe(
      definition({}, { nginx: { file: '/srv/shop/files/b/nginx.conf' } }),
    )
  })
})
