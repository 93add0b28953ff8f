/**
 * Reads dotenv text as Docker Compose does, and writes it so that every Compose reads the same.
 *
 * The rules are those of compose-go's parser, less what can only be a mistake in a text that is all there is: it looks
 * nowhere else for a value, so a name without one, or a reference to a name that no line above sets, is a problem.
 * https://github.com/compose-spec/compose-go/blob/main/dotenv/parser.go
 */

/** Names and values, in the order of the text. */
export type Env = ReadonlyMap<string, string>

/** Parses dotenv text. Returns every problem there is as a string, one a line, each with its line and no piece of a value. */
export function parseDotenv(text: string): Env | string {
  const reader = new Reader(text.replace(/^\uFEFF/, ''))
  const problems: string[] = []
  const env = new Map<string, string>()
  while (reader.toStatement()) {
    const line = reader.line
    const statement = readStatement(reader, env)
    if (typeof statement !== 'string') env.set(statement.name, statement.value)
    else {
      problems.push(`line ${line}: ${statement}`)
      reader.skipLine()
    }
  }
  return problems.length > 0 ? problems.join('\n') : env
}

/** Writes values in the one form that can hold any of them: in double quotes, with `\`, `"` and `$` escaped. */
export function formatDotenv(env: Env): string {
  return [...env].map(([name, value]) => `${name}=${quoteDotenv(value)}\n`).join('')
}

function quoteDotenv(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('$', '$$$$')}"`
}

/** Go's `unicode.IsSpace`, which says where a statement begins and where an unquoted value ends. */
const SPACE = '\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
/** Blanks within a line, as the parser counts them. */
const BLANK = '\\t\\v\\f\\r \\u0085\\u00a0'

/** What may stand between two statements. */
const BETWEEN = new RegExp(`(?:[${SPACE}]|#[^\\n]*)*`, 'y')
const AT_END = new RegExp(`[${SPACE}]+$`)

/** A place in the text that only moves on. */
class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get line(): number {
    return this.#text.slice(0, this.#at).split('\n').length
  }

  /** Moves to what is neither space nor comment; false at the end. */
  toStatement(): boolean {
    this.take(BETWEEN)
    return this.#at < this.#text.length
  }

  /** Takes what a sticky pattern finds here; `undefined` where it finds nothing. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found === null) return undefined
    this.#at = pattern.lastIndex
    return found
  }

  skipLine(): void {
    this.take(/[^\n]*/y)
  }
}

interface Statement {
  readonly name: string
  readonly value: string
}

const NAME = new RegExp(`(?:export[${BLANK}]+)?([\\p{L}\\p{N}_.\\-[\\]]+)[${BLANK}]*[=:]([${BLANK}]*)`, 'uy')
const NOT_A_STATEMENT =
  'is no NAME=value. A name has letters, digits and _ only, and needs its = on the same line; if this line belongs to the value above it, put that in quotes, and see that a quote in it is written \\\' or \\"'

function readStatement(reader: Reader, env: Env): Statement | string {
  const [, name, gap = ''] = reader.take(NAME) ?? []
  if (name === undefined) return NOT_A_STATEMENT
  const value = readQuoted(reader, env) ?? readUnquoted(reader, gap, env)
  if ('problem' in value) return `${name}: ${value.problem.replaceAll('NAME', name)}`
  return value.text.includes('\0') ? `${name}: no variable can hold a zero byte` : { name, value: value.text }
}

type Value = { readonly text: string } | { readonly problem: string }

const SINGLE = /'((?:\\[^]|[^'\\])*)'/y
const DOUBLE = /"((?:\\[^]|[^"\\])*)"/y
const REST = new RegExp(`[${BLANK}]*(?=$|[\\n#])`, 'y')

function readQuoted(reader: Reader, env: Env): Value | undefined {
  const single = reader.take(SINGLE)?.[1]
  const double = single === undefined ? reader.take(DOUBLE)?.[1] : undefined
  const raw = single ?? double
  if (raw === undefined) return readUnclosed(reader)
  // Somebody meant the backslash, and the value goes on into the lines below.
  if (single !== undefined && QUOTE_AT_LINE_END.test(raw)) return { problem: BACKSLASH_AT_END }
  if (!reader.take(REST)) return { problem: AFTER_QUOTE }
  return single === undefined ? expand(unescape(unquote(raw, '"')), env) : { text: unquote(raw, "'") }
}

/** Everything up to the end is in doubt then. */
function readUnclosed(reader: Reader): Value | undefined {
  const [raw] = reader.take(/['"][^]*/y) ?? []
  return raw === undefined
    ? undefined
    : { problem: raw.startsWith("'") && QUOTE_AT_LINE_END.test(`${raw}\n`) ? BACKSLASH_AT_END : NO_END }
}

const QUOTE_AT_LINE_END = /\\'[\t\r ]*\n/
const NO_END =
  'its quote has no end. See that the value ends in the quote that it begins with; a quote in it is written \\\' or \\"'
const BACKSLASH_AT_END =
  'in single quotes a value can\'t end in a backslash: it makes the quote after it part of the value. Write NAME="..." with \\\\ for each backslash, \\" for a double quote and \\$ for a dollar'
const AFTER_QUOTE =
  'there is text after its closing quote. If the quote is part of the value, write a \\ in front of it; if the rest is a comment, begin it with #'

/** An escaped quote loses its backslash; every other pair stays for the next pass. */
function unquote(raw: string, quote: string): string {
  return raw.replaceAll(/\\([^])/g, (pair, char: string) => (char === quote ? char : pair))
}

function readUnquoted(reader: Reader, gap: string, env: Env): Value {
  const [line = ''] = reader.take(/[^\n]*/y) ?? []
  // Compose would take the comment for the value.
  if (gap !== '' && line.startsWith('#'))
    return {
      problem: "it has a comment and no value. Write NAME='' for an empty one, or NAME='#...' if the # is part of it",
    }
  const [value = ''] = line.split(' #')
  return expand(value.replace(AT_END, ''), env)
}

const ESCAPED: Readonly<Record<string, string>> = {
  ...{ a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
  ...{ $: '$$', '"': '"', '\\': '\\' },
}

/** The escapes of double quotes. Octal ones are `\0` and three digits; a dollar becomes `$$`, since `expand` comes after. */
function unescape(raw: string): string {
  return raw.replaceAll(/\\(?:([abfnrtv$"\\])|0(\d{0,3}))/g, (pair: string, char?: string, digits: string = '') => {
    if (char !== undefined) return ESCAPED[char] ?? pair
    const code = /^[0-7]{3}$/.test(digits) ? Number.parseInt(digits, 8) : 256
    return code < 256 ? String.fromCharCode(code) : `\\${digits}`
  })
}

const REFERENCE = /\$(?:(\$)|([_a-z][_a-z0-9]*)|\{([_a-z][_a-z0-9]*)\}|(\{))/giu

/** `$$` is a dollar, and `$NAME` and `${NAME}` refer to a line above. A dollar before anything else is just one. */
function expand(template: string, env: Env): Value {
  let problem: string | undefined
  const text = template.replaceAll(
    REFERENCE,
    (_all, dollar?: string, bare?: string, braced?: string, unknown?: string) => {
      if (dollar !== undefined) return dollar
      const value = env.get(bare ?? braced ?? '')
      if (value === undefined) problem ??= unknown === undefined ? UNSET : UNKNOWN_REFERENCE
      return value ?? ''
    },
  )
  return problem === undefined ? { text } : { problem }
}

// What comes after the dollar may be a piece of a password.
const AS_IT_IS =
  "If the $ is part of the value, write the value in single quotes (NAME='...'), or $$ for the dollar in double quotes"
const UNSET = `it has a $ that begins a reference to a variable, and no line above sets that one. ${AS_IT_IS}`
const UNKNOWN_REFERENCE = `it has a \${ that is not closed, or holds more than a name; write out what it should be. ${AS_IT_IS}`
