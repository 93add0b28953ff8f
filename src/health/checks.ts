import { validateHeaderName, validateHeaderValue } from 'node:http'
import { isMap, isSeq, LineCounter, parseDocument } from 'yaml'
import type { InputReader } from '../runner/inputs.ts'
import { type Check, type Expectation, METHODS } from './check.ts'
import { formatDuration } from './duration.ts'
import { Fields } from './fields.ts'
import { lineOf, type Source } from './source.ts'

/** Reads the inputs `checks` and `base-url`; no checks at all is a problem. */
export function readChecks(input: InputReader): readonly Check[] {
  return read(input, input.text('checks'))
}

/** As `readChecks`, but none are read where `checks` is not given. */
export function readOptionalChecks(input: InputReader): readonly Check[] {
  return read(input, input.optional('checks'))
}

function read(input: InputReader, text: string | undefined): readonly Check[] {
  const base = input.optional('base-url')
  const baseUrl = base === undefined ? undefined : parseBaseUrl(base)
  if (typeof baseUrl === 'string') input.problem('base-url', baseUrl)
  if (text === undefined || text === '') return []
  // A bad base-url is reported once, by itself, not again at every path.
  const { checks, problems } = parseChecks(text, typeof baseUrl === 'string' ? new URL('http://localhost') : baseUrl)
  for (const problem of problems) input.problem('checks', problem)
  return checks
}

export interface ParsedChecks {
  readonly checks: readonly Check[]
  /** `line 3: status: write a whole number from 100 to 599`: all there are. Not empty: the checks are not to be used. */
  readonly problems: readonly string[]
}

/** Parses a YAML list of checks. Strict: what it does not know is a problem, and none is left for a second run. */
export function parseChecks(text: string, baseUrl?: URL): ParsedChecks {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const broken = [...document.errors, ...document.warnings]
  if (broken.length > 0) {
    return { checks: [], problems: broken.map(({ message, pos }) => `line ${lines.linePos(pos[0]).line}: ${message}`) }
  }
  if (!isSeq(document.contents) || document.contents.items.length === 0) {
    return { checks: [], problems: ['write a list, each check starting with "- url: https://..." or "- path: /..."'] }
  }
  const source: Source = { document, lines, problems: [] }
  const checks: Check[] = []
  for (const item of document.contents.items) {
    if (isMap(item)) checks.push(parseCheck(new Fields(source, item), baseUrl, checks))
    else source.problems.push({ line: lineOf(source, item), what: 'write a check as "- url: https://..."' })
  }
  const problems = source.problems.sort((a, b) => a.line - b.line)
  return { checks, problems: problems.map(({ line, what }) => `line ${line}: ${what}`) }
}

const NOWHERE = new URL('http://localhost')

function parseCheck(fields: Fields, baseUrl: URL | undefined, before: readonly Check[]): Check {
  const url = parseTarget(fields, baseUrl)
  const name = fields.text('name')
  const method = fields.oneOf('method', METHODS, 'GET')
  const body = fields.text('body')
  const check: Check = {
    name: name ?? `${method} ${url.href}`,
    method,
    url,
    send: fields.headers('send', problemOfSent),
    ...(body !== undefined && { body }),
    follow: fields.flag('follow', false),
    expected: parseExpectation(fields),
    timeoutMs: fields.milliseconds('timeout', { min: '1ms', max: '5m' }, 10_000),
    retries: fields.whole('retries', { min: 0, max: 100 }, 3),
    everyMs: fields.milliseconds('every', { min: '0s', max: '5m' }, 2000),
    blocking: fields.flag('blocking', true),
  }
  noteContradictions(check, fields)
  if (url !== NOWHERE && before.some((other) => other.name === check.name)) {
    fields.problem('name', `an earlier check is called "${check.name}" too; write another name`)
  }
  fields.refuseOthers()
  return check
}

function parseExpectation(fields: Fields): Expectation {
  const status = fields.whole('status', { min: 100, max: 599 }, undefined)
  const contains = fields.text('contains')
  const withinMs = fields.milliseconds('within', { min: '1ms', max: '5m' }, undefined)
  return {
    ...(status !== undefined && { status }),
    ...(contains !== undefined && { contains }),
    header: fields.headers('header', problemOfHeader),
    json: fields.values('json', (path) =>
      path.split('.').includes('') ? 'write a path of names and indexes, like items.0.id' : undefined,
    ),
    ...(withinMs !== undefined && { withinMs }),
  }
}

/** What each field allows, but not together. */
function noteContradictions({ method, body, follow, expected, timeoutMs }: Check, fields: Fields): void {
  const reads = method === 'GET' || method === 'HEAD'
  if (body !== undefined && reads) fields.problem('body', `${method} sends none; write method: POST`)
  // Handing a body on to an address that the server names could hand a secret to somebody else.
  if (follow && !reads) fields.problem('follow', `only GET and HEAD follow redirects, not ${method}`)
  if (method === 'HEAD' && expected.contains !== undefined) fields.problem('contains', 'HEAD has no body; write GET')
  if (method === 'HEAD' && Object.keys(expected.json).length > 0) fields.problem('json', 'HEAD has no body; write GET')
  if ((expected.withinMs ?? 0) > timeoutMs) {
    fields.problem('within', `a try ends after ${formatDuration(timeoutMs)}; write a longer timeout`)
  }
}

function parseTarget(fields: Fields, baseUrl: URL | undefined): URL {
  const [hasUrl, hasPath] = [fields.has('url'), fields.has('path')]
  const [url, path] = [fields.text('url'), fields.text('path')]
  if (hasUrl === hasPath) fields.problem('url', 'write either url: https://... or path: /... with the input base-url')
  if (hasUrl === hasPath) return NOWHERE
  if (url !== undefined) return accepted(parseUrl(url), fields, 'url')
  if (path === undefined) return NOWHERE
  if (!path.startsWith('/')) return accepted('write a path that starts with /', fields, 'path')
  if (baseUrl === undefined) return accepted('needs the input base-url', fields, 'path')
  return accepted(parseUrl(baseUrl.href.replace(/\/$/, '') + path), fields, 'path')
}

function accepted(url: URL | string, fields: Fields, key: string): URL {
  if (typeof url !== 'string') return url
  fields.problem(key, url)
  return NOWHERE
}

function parseBaseUrl(text: string): URL | string {
  const url = parseUrl(text)
  if (typeof url === 'string') return url
  return url.search === '' && url.hash === '' ? url : 'write it without ? and #; they belong to the path of a check'
}

/** Parses an address to ask; the problem as a string when it can't be asked. Never repeats credentials. */
function parseUrl(text: string): URL | string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) return 'write an address that starts with https:// or http://'
  if (url.username !== '' || url.password !== '') return 'write credentials as send: { Authorization: ... } instead'
  return url
}

/** https://httpwg.org/specs/rfc9110.html#message.framing: what frames the message is not the author's. */
const FRAMING = /^(connection|content-length|expect|keep-alive|te|trailer|transfer-encoding|upgrade)$/i

function problemOfSent(name: string, value: string): string | undefined {
  return FRAMING.test(name) ? 'is set by the check itself; leave it out' : problemOfHeader(name, value)
}

function problemOfHeader(name: string, value: string): string | undefined {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    return undefined
  } catch {
    return 'is no valid header; a name has letters, digits and dashes, a value no line breaks'
  }
}
