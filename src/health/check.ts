/** One question to the released site, asked from outside, and what must be true of the answer. */
export interface Check {
  /** Unique among the checks of one run: `GET https://shop.example/` unless its author named it. */
  readonly name: string
  readonly method: Method
  /** `http:` or `https:`, without credentials. */
  readonly url: URL
  /** Request headers. Their values may be secrets and are never printed. */
  readonly send: Headers
  /** The request's body, never printed. */
  readonly body?: string
  /** Whether redirects are followed; otherwise a redirect is the answer. */
  readonly follow: boolean
  readonly expected: Expectation
  /** For one try: name lookup, connection, TLS and the whole answer, redirects included. */
  readonly timeoutMs: number
  /** Tries after the first. */
  readonly retries: number
  /** The pause between two tries. */
  readonly everyMs: number
  /** A check that is not blocking is advisory: it warns, and decides nothing. */
  readonly blocking: boolean
}

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
export type Method = (typeof METHODS)[number]

/** Header names as written, each with its value. */
export type Headers = Readonly<Record<string, string>>

export interface Expectation {
  /** Any status from 200 to 299 when absent. */
  readonly status?: number
  /** Text that must be somewhere in the body. */
  readonly contains?: string
  /** Headers that must be there with exactly this value; names in any case. */
  readonly header: Headers
  /** Dotted paths into the body read as JSON (`items.0.id`), each with the value that must be there, types included. */
  readonly json: Readonly<Record<string, unknown>>
  /** How long the answer may take at most, until its last byte. */
  readonly withinMs?: number
}
