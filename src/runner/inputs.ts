import { UsageError } from '../errors.ts'
import { parseDuration } from './duration.ts'

/** What an input may parse to. Never a string: a string is how a parser says what is wrong. */
type Parsed = object | number | boolean

/**
 * Reads the inputs of an action into domain types.
 *
 * A problem is noted, not thrown, and a harmless value is returned, so that one run reports every problem there is.
 * `check`, called last, throws them as one `UsageError`. Values that were read before it must only be carried about.
 */
export class InputReader {
  readonly #get: (name: string) => string
  readonly #mask: (secret: string) => void
  readonly #problems: { readonly name: string; readonly what: string }[] = []

  /**
   * @param get the input as the runner has it, '' when absent
   * @param mask registers a secret, so that the log never shows it
   */
  constructor(get: (name: string) => string, mask: (secret: string) => void) {
    this.#get = get
    this.#mask = mask
  }

  /** A required text. */
  text(name: string): string {
    const value = this.optional(name)
    if (value === undefined) this.problem(name, 'is required')
    return value ?? ''
  }

  optional(name: string): string | undefined {
    return this.#get(name).trim() || undefined
  }

  /** A required text that is masked in all its forms before anything else happens. */
  secret(name: string): string {
    const value = this.optionalSecret(name)
    if (value === undefined) this.problem(name, 'is required; is the secret set, and may this job read it?')
    return value ?? ''
  }

  optionalSecret(name: string): string | undefined {
    const value = this.optional(name)
    if (value !== undefined) this.mask(value)
    return value
  }

  /** Masks a secret that was found inside an input. */
  mask(secret: string): void {
    this.#mask(secret)
  }

  /** One item a line; blank lines and lines that begin with `#` are dropped. May be empty. */
  lines(name: string): readonly string[] {
    return (this.optional(name) ?? '')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
  }

  /** A required text through `parse`, which returns what is wrong with it as a string. */
  parsed<T extends Parsed>(name: string, parse: (text: string) => T | string): T {
    const text = this.text(name)
    const value = text === '' ? undefined : parse(text)
    if (typeof value === 'string') this.problem(name, value)
    // Nobody acts on this value: `check` throws first. An object can be taken apart without a crash until then.
    return typeof value === 'string' || value === undefined ? ({} as T) : value
  }

  /** Each of `lines` through `parse`. */
  parsedLines<T extends Parsed>(name: string, parse: (line: string) => T | string): readonly T[] {
    return this.lines(name).flatMap((line) => {
      const value = parse(line)
      if (typeof value !== 'string') return [value]
      this.problem(name, value)
      return []
    })
  }

  /** `true` or `false` as in YAML's core schema. */
  flag(name: string): boolean {
    const text = this.text(name)
    const value = /^(?:(?<yes>true|True|TRUE)|false|False|FALSE)$/.exec(text)
    if (text !== '' && value === null) this.problem(name, `write true or false, not "${text}"`)
    return value?.groups?.['yes'] !== undefined
  }

  oneOf<const T extends string>(name: string, values: readonly [T, ...T[]]): T {
    const text = this.text(name)
    const value = values.find((candidate) => candidate === text)
    if (text !== '' && value === undefined) this.problem(name, `write ${listed(values)}, not "${text}"`)
    return value ?? values[0]
  }

  /** A time span in seconds: `90`, `90s`, `5m`, `1h`. */
  seconds(name: string): number {
    const text = this.text(name)
    const value = text === '' ? 0 : parseDuration(text)
    if (typeof value === 'number') return value
    this.problem(name, value)
    return 0
  }

  /** A whole number between two bounds, both included. */
  whole(name: string, { min, max }: { readonly min: number; readonly max: number }): number {
    const text = this.text(name)
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    if (text !== '') this.problem(name, `write a whole number from ${min} to ${max}, not "${text}"`)
    return min
  }

  /** Notes what is wrong with an input, in a way that says what to write instead. */
  problem(name: string, what: string): void {
    this.#problems.push({ name, what })
  }

  /** Throws one `UsageError` that names every problem noted so far. */
  check(): void {
    if (this.#problems.length === 0) return
    const count = new Set(this.#problems.map(({ name }) => name)).size
    const title = count === 1 ? 'One input needs a change:' : `${count} inputs need a change:`
    throw new UsageError([title, ...this.#problems.map(({ name, what }) => `  ${name}: ${what}`)].join('\n'))
  }
}

function listed(values: readonly string[]): string {
  return values.length === 1 ? values.join('') : `${values.slice(0, -1).join(', ')} or ${values.at(-1) ?? ''}`
}
