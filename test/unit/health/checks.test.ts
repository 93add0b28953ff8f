import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { METHODS } from '../../../src/health/check.ts'
import { parseChecks, readChecks, readOptionalChecks } from '../../../src/health/checks.ts'
import { InputReader } from '../../../src/runner/inputs.ts'

const problemsOf = (text: string, base?: string) =>
  parseChecks(text, base === undefined ? undefined : new URL(base)).problems

test('a check with everything', () => {
  const { checks, problems } = parseChecks(`
- name: API
  url: https://shop.example/api/cart
  method: POST
  send: { Authorization: Bearer s3cret, Content-Type: application/json }
  body: '{"item": 5}'
  status: 201
  contains: Welcome
  header: { X-Version: 1234e56 }
  json: { version: "1.2.3", items.0.id: 5, tags: [a, null] }
  within: 1.5s
  timeout: 3s
  retries: 5
  every: 500ms
  blocking: false
`)
  expect(problems).toEqual([])
  expect(checks).toEqual([
    {
      name: 'API',
      url: new URL('https://shop.example/api/cart'),
      method: 'POST',
      send: { Authorization: 'Bearer s3cret', 'Content-Type': 'application/json' },
      body: '{"item": 5}',
      follow: false,
      expected: {
        status: 201,
        contains: 'Welcome',
        header: { 'X-Version': '1234e56' },
        json: { version: '1.2.3', 'items.0.id': 5, tags: ['a', null] },
        withinMs: 1500,
      },
      timeoutMs: 3000,
      retries: 5,
      everyMs: 500,
      blocking: false,
    },
  ])
})

test('what a check does not say', () => {
  expect(parseChecks('- url: https://shop.example').checks).toEqual([
    {
      name: 'GET https://shop.example/',
      url: new URL('https://shop.example/'),
      method: 'GET',
      send: {},
      follow: false,
      expected: { header: {}, json: {} },
      timeoutMs: 10_000,
      retries: 3,
      everyMs: 2000,
      blocking: true,
    },
  ])
})

test.each([
  ['https://shop.example', 'https://shop.example/api?full=1'],
  ['https://shop.example/', 'https://shop.example/api?full=1'],
  ['https://example.org/shop', 'https://example.org/shop/api?full=1'],
])('a path is added to %s', (base, url) => {
  expect(parseChecks('- path: /api?full=1', new URL(base)).checks[0]?.url.href).toBe(url)
})

test('an anchor serves several checks', () => {
  const { checks, problems } = parseChecks(`
- { url: "https://a.example", send: &auth { Authorization: x } }
- { url: "https://b.example", send: *auth }`)
  expect(problems).toEqual([])
  expect(checks.map(({ send }) => send)).toEqual([{ Authorization: 'x' }, { Authorization: 'x' }])
})

test('every problem at once, each with its line', () => {
  expect(
    problemsOf(`- url: https://shop.example/
  stauts: 200
  status: "200"
  contains:
  header: X-Version
  within: 20s
- path: /api
  retries: -1
  every: soon
  follow: yes
  json: { a..b: 1, c: .nan }
- url: ftp://shop.example
- url: https://joe:pa55@shop.example
- method: get
  body: { a: 1 }
- https://shop.example
- { url: "https://shop.example/2", body: text, send: { Content-Length: 4, "a b": c } }
- { url: "https://shop.example/3", method: HEAD, contains: x, json: { a: 1 } }
- { url: "https://shop.example/4", method: POST, follow: true }
- { url: "https://shop.example/4", name: same }
- { url: "https://shop.example/5", name: same }
- { url: "https://shop.example/6", json: { a: *nowhere }, send: *nowhere }`),
  ).toMatchInlineSnapshot(`
    [
      "line 2: stauts: unknown key; write one of url, path, name, method, body, send, follow, status, contains, within, header, json, timeout, retries, every, blocking",
      "line 3: status: write a whole number from 100 to 599",
      "line 4: contains: write some text, in quotes where it has braces, brackets or a colon",
      "line 5: header: write it as { Name: value }",
      "line 6: within: a try ends after 10 s; write a longer timeout",
      "line 7: path: needs the input base-url",
      "line 8: retries: write a whole number from 0 to 100",
      "line 9: every: write a time from 0s to 5m, like 500ms or 2s",
      "line 10: follow: write true or false",
      "line 11: json: a..b: write a path of names and indexes, like items.0.id",
      "line 11: json: c: JSON has no such value",
      "line 12: url: write an address that starts with https:// or http://",
      "line 13: url: write credentials as send: { Authorization: ... } instead",
      "line 14: url: write either url: https://... or path: /... with the input base-url",
      "line 14: method: write one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
      "line 15: body: write some text, in quotes where it has braces, brackets or a colon",
      "line 16: write a check as "- url: https://..."",
      "line 17: send: Content-Length: is set by the check itself; leave it out",
      "line 17: send: a b: is no valid header; a name has letters, digits and dashes, a value no line breaks",
      "line 17: body: GET sends none; write method: POST",
      "line 18: contains: HEAD has no body; write GET",
      "line 18: json: HEAD has no body; write GET",
      "line 19: follow: only GET and HEAD follow redirects, not POST",
      "line 21: name: an earlier check is called "same" too; write another name",
      "line 22: *nowhere: no &nowhere stands before it",
      "line 22: send: write it as { Name: value }",
      "line 22: *nowhere: no &nowhere stands before it",
    ]
  `)
})

test.each(['', '[]', 'url: https://shop.example', 'https://shop.example', '# nothing'])('no list: %s', (text) => {
  expect(problemsOf(text)).toEqual(['write a list, each check starting with "- url: https://..." or "- path: /..."'])
})

test('broken YAML says where', () => {
  expect(problemsOf('- url: https://a.example\n  url: https://b.example')).toEqual(['line 2: Map keys must be unique'])
  expect(problemsOf('- url: https://a.example\n  json: { a: 1')[0]).toMatch(/^line 2: /)
  expect(problemsOf('- url: !secret https://a.example')[0]).toMatch(/^line 1: Unresolved tag/)
})

test('no value that may be a secret is repeated in a problem', () => {
  const text = `
- url: https://joe:hunter2@shop.example
- { url: "https://a.example", send: { Authorization: "hunter2\\n" }, method: hunter2, timeout: hunter2 }
- { url: hunter2, send: hunter2, body: [hunter2] }`
  expect(problemsOf(text).length).toBeGreaterThan(5)
  expect(problemsOf(text).join('\n')).not.toContain('hunter2')
})

test('whatever the text, there are checks or problems, never an exception', () => {
  const keys = fc.constantFrom(
    'url',
    'path',
    'name',
    'status',
    'json',
    'header',
    'send',
    'within',
    'body',
    '&a',
    '*a',
    '',
  )
  const line = fc.tuple(fc.constantFrom('- ', '  ', '    '), keys, fc.constantFrom(': ', ':', ''), fc.string())
  const text = fc.oneof(
    fc.string(),
    fc.array(line.map((parts) => parts.join(''))).map((lines) => lines.join('\n')),
  )
  fc.assert(
    fc.property(text, (yaml) => {
      const { checks, problems } = parseChecks(yaml, new URL('https://shop.example'))
      expect(checks.length + problems.length).toBeGreaterThan(0)
    }),
  )
})

test('what was written is what is checked', () => {
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z-]{0,9}$/)
  const printable = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/)
  const written = fc.record(
    {
      name: printable,
      status: fc.integer({ min: 100, max: 599 }),
      contains: fc.string({ unit: 'grapheme', minLength: 1 }),
      header: fc.dictionary(name, printable, { minKeys: 1 }),
      json: fc.dictionary(name, fc.jsonValue({ noUnicodeString: false }), { minKeys: 1 }),
      retries: fc.nat(100),
      blocking: fc.boolean(),
      method: fc.constantFrom(...METHODS.filter((method) => method !== 'HEAD')),
    },
    { requiredKeys: ['name'] },
  )
  fc.assert(
    fc.property(written, (check) => {
      const { checks, problems } = parseChecks(stringify([{ url: 'https://shop.example', ...check }]))
      expect(problems).toEqual([])
      const { status, contains, header = {}, json = {}, ...rest } = check
      // JSON has no negative zero.
      const expected = JSON.parse(JSON.stringify({ status, contains, header, json })) as object
      expect(JSON.parse(JSON.stringify(checks[0]))).toMatchObject({ ...rest, expected })
    }),
    { numRuns: 50 },
  )
})

const read = (reading: typeof readChecks, inputs: Record<string, string>) => {
  const input = new InputReader(
    (name) => inputs[name] ?? '',
    () => undefined,
  )
  const checks = reading(input)
  input.check()
  return checks
}

test('inputs: a bad base-url is told once, with the problems of the checks', () => {
  expect(() => read(readChecks, { 'base-url': 'shop.example', checks: '- path: /\n- path: api' }))
    .toThrowErrorMatchingInlineSnapshot(`
    [UsageError: 2 inputs need a change:
      base-url: write an address that starts with https:// or http://
      checks: line 2: path: write a path that starts with /]
  `)
  expect(() => read(readChecks, { 'base-url': 'https://shop.example/?a=1', checks: '- path: /' })).toThrow('without ?')
})

test('inputs: checks are required, or not', () => {
  expect(() => read(readChecks, {})).toThrow('checks: is required')
  expect(read(readOptionalChecks, {})).toEqual([])
  expect(() => read(readOptionalChecks, { checks: '[]' })).toThrow('checks: write a list')
  expect(read(readOptionalChecks, { checks: '- url: https://shop.example' })).toHaveLength(1)
})
