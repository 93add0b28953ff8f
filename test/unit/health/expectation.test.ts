import { expect, test } from 'vitest'
import { type Answer, failuresOf } from '../../../src/health/expectation.ts'
import type { Expectation } from '../../../src/health/check.ts'

const answer: Answer = { status: 200, headers: {}, body: '', cut: false, ms: 40 }
const failures = (got: Partial<Answer>, expected: Partial<Expectation> = {}) =>
  failuresOf({ ...answer, ...got }, { header: {}, json: {}, ...expected })

test.each([
  [{ status: 204 }, {}, []],
  [{ status: 199 }, {}, ['expected status 2xx, got 199']],
  [{ status: 502 }, { status: 200 }, ['expected status 200, got 502']],
  [{ status: 401 }, { status: 401 }, []],
  [{ status: 304 }, {}, ['expected status 2xx, got 304']],
  [
    { status: 301, headers: { location: 'https://shop.example/' } },
    {},
    ['expected status 2xx, got 301, a redirect to https://shop.example/; check that address, or write follow: true'],
  ],
  [{ status: 201, headers: { location: '/7' } }, { status: 200 }, ['expected status 200, got 201']],
] as const)('status: %j, expected %j', (got, expected, sentences) => {
  expect(failures(got, expected)).toEqual(sentences)
})

test('headers: any case of the name, exactly the value', () => {
  const headers = { 'x-version': '1.2.3' }
  expect(failures({ headers }, { header: { 'X-Version': '1.2.3' } })).toEqual([])
  expect(failures({ headers }, { header: { 'X-Version': '1.2' } })).toEqual([
    'expected header X-Version to be "1.2", got "1.2.3"',
  ])
  expect(failures({ headers }, { header: { 'X-Other': '' } })).toEqual(['expected header X-Other to be "", got none'])
})

test('text anywhere in the body', () => {
  expect(failures({ body: 'so: Welcome!' }, { contains: 'Welcome' })).toEqual([])
  expect(failures({ body: 'welcome' }, { contains: 'Welcome' })).toEqual(['expected the body to contain "Welcome"'])
  expect(failures({ cut: true }, { contains: 'x' })).toEqual(['expected the body\'s first MiB to contain "x"'])
})

const body = JSON.stringify({ version: '1.2', n: 5, items: [{ id: 5, tags: ['a', 'b'] }], none: null })

test.each([
  [{ version: '1.2', n: 5, 'items.0.id': 5, 'items.0.tags.1': 'b', none: null }, []],
  [{ 'items.0': { tags: ['a', 'b'], id: 5 } }, []],
  [{ version: 1.2 }, ['expected version to be 1.2, got "1.2"']],
  [{ 'items.1.id': 5 }, ['expected items.1.id to be 5, found nothing there']],
  [{ 'items.length': 1 }, ['expected items.length to be 1, found nothing there']],
  [{ constructor: 1, 'n.toFixed': 1 }, 2],
  [{ 'version.0': '1' }, ['expected version.0 to be "1", found nothing there']],
  [{ missing: null }, ['expected missing to be null, found nothing there']],
] as const)('JSON: %j', (json, sentences) => {
  const found = failures({ body }, { json })
  if (typeof sentences === 'number') expect(found).toHaveLength(sentences)
  else expect(found).toEqual(sentences)
})

test('JSON that is none', () => {
  const json = { a: 1 }
  expect(failures({ body: '<html>' }, { json })).toEqual(['expected JSON, got something else'])
  expect(failures({ body: ' ' }, { json })).toEqual(['expected JSON, got an empty body'])
  expect(failures({ body: '{"a":1}', cut: true }, { json })).toEqual(['expected JSON, got a body of more than 1 MiB'])
  expect(failures({ body: 'null' }, { json })).toEqual(['expected a to be 1, found nothing there'])
})

test('latency', () => {
  expect(failures({ ms: 2000 }, { withinMs: 2000 })).toEqual([])
  expect(failures({ ms: 2140 }, { withinMs: 2000 })).toEqual(['expected an answer within 2 s, took 2.1 s'])
})

test('every failure is told, long values shortened', () => {
  const found = failures(
    { status: 500, body: JSON.stringify({ a: 'x'.repeat(5000) }), ms: 900 },
    { contains: 'Hi', json: { a: 1 }, header: { A: 'b' }, withinMs: 100 },
  )
  expect(found).toHaveLength(5)
  expect(found.join().length).toBeLessThan(500)
})
