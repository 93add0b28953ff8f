import { isDeepStrictEqual } from 'node:util'
import type { Expectation } from './check.ts'
import { formatDuration } from './duration.ts'

/** What came back, as far as it was read. */
export interface Answer {
  readonly status: number
  /** Names in lower case; several of one name joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The body was longer than what is read of one; `body` is its beginning. */
  readonly cut: boolean
  /** From the name lookup to the last byte read. */
  readonly ms: number
}

/** What an answer fails of what was expected, a sentence each, without the check's name; empty when it is as expected. */
export function failuresOf(answer: Answer, expected: Expectation): readonly string[] {
  return [
    ...statusFailure(answer, expected),
    ...headerFailures(answer, expected),
    ...textFailure(answer, expected),
    ...jsonFailures(answer, expected),
    ...latencyFailure(answer, expected),
  ]
}

function statusFailure({ status, headers }: Answer, expected: Expectation): string[] {
  const fits = expected.status === undefined ? status >= 200 && status < 300 : status === expected.status
  if (fits) return []
  const { location } = headers
  const redirect = status >= 300 && status < 400 && location !== undefined
  const target = redirect ? `, a redirect to ${shorten(location)}; check that address, or write follow: true` : ''
  return [`expected status ${expected.status ?? '2xx'}, got ${status}${target}`]
}

function headerFailures({ headers }: Answer, expected: Expectation): string[] {
  return Object.entries(expected.header).flatMap(([name, value]) => {
    const got = headers[name.toLowerCase()]
    if (got === value) return []
    return [`expected header ${name} to be ${show(value)}, ${got === undefined ? 'got none' : `got ${show(got)}`}`]
  })
}

function textFailure({ body, cut }: Answer, { contains }: Expectation): string[] {
  if (contains === undefined || body.includes(contains)) return []
  return [`expected the body${cut ? "'s first MiB" : ''} to contain ${show(contains)}`]
}

function jsonFailures({ body, cut }: Answer, { json }: Expectation): string[] {
  const paths = Object.entries(json)
  if (paths.length === 0) return []
  if (cut) return ['expected JSON, got a body of more than 1 MiB']
  let document: unknown
  try {
    document = JSON.parse(body)
  } catch {
    return [`expected JSON, got ${body.trim() === '' ? 'an empty body' : 'something else'}`]
  }
  return paths.flatMap(([path, value]) => {
    const got = at(document, path.split('.'))
    if (isDeepStrictEqual(got, value)) return []
    return [`expected ${path} to be ${show(value)}, ${got === undefined ? 'found nothing there' : `got ${show(got)}`}`]
  })
}

function latencyFailure({ ms }: Answer, { withinMs }: Expectation): string[] {
  if (withinMs === undefined || ms <= withinMs) return []
  return [`expected an answer within ${formatDuration(withinMs)}, took ${formatDuration(ms)}`]
}

/** The value at a path; only what the document itself holds, never what JavaScript adds to it. */
function at(value: unknown, [first, ...rest]: readonly string[]): unknown {
  if (first === undefined) return value
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, first)) return undefined
  if (Array.isArray(value) && !/^\d+$/.test(first)) return undefined
  return at((value as Record<string, unknown>)[first], rest)
}

/** A value as JSON, so that "5" and 5 look different. */
function show(value: unknown): string {
  return shorten(JSON.stringify(value))
}

function shorten(text: string): string {
  return text.length <= 120 ? text : `${text.slice(0, 120)}...`
}
