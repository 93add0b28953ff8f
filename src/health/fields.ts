import { isAlias, isMap, isNode, isScalar, type Node as YamlNode, type YAMLMap } from 'yaml'
import type { Headers } from './check.ts'
import { parseDuration } from './duration.ts'
import { asText, isJson, lineOf, type Node, type Source } from './source.ts'

/**
 * Reads the fields of one YAML mapping strictly. Each problem is noted with its line and what to write instead, and the
 * fallback returned, so that one pass finds them all.
 */
export class Fields {
  readonly #source: Source
  readonly #map: YAMLMap
  readonly #read = new Set<string>()

  constructor(source: Source, map: YAMLMap) {
    this.#source = source
    this.#map = map
  }

  has(key: string): boolean {
    this.#read.add(key)
    return this.#map.has(key)
  }

  /** A scalar as it was written: a commit like 1234e56 stays text although YAML reads it as a number. */
  text(key: string): string | undefined {
    const node = this.#node(key)
    if (node === undefined) return undefined
    const text = isScalar(node) ? asText(node) : undefined
    if (text !== undefined && text !== '') return text
    this.problem(key, `write some text, in quotes where it has braces, brackets or a colon`)
    return undefined
  }

  flag(key: string, fallback: boolean): boolean {
    const node = this.#node(key)
    if (node === undefined) return fallback
    if (isScalar(node) && typeof node.value === 'boolean') return node.value
    this.problem(key, 'write true or false')
    return fallback
  }

  whole<Fallback extends number | undefined>(
    key: string,
    { min, max }: { readonly min: number; readonly max: number },
    fallback: Fallback,
  ): number | Fallback {
    const node = this.#node(key)
    if (node === undefined) return fallback
    const value = isScalar(node) ? node.value : undefined
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
    this.problem(key, `write a whole number from ${min} to ${max}`)
    return fallback
  }

  milliseconds<Fallback extends number | undefined>(
    key: string,
    { min, max }: { readonly min: string; readonly max: string },
    fallback: Fallback,
  ): number | Fallback {
    const node = this.#node(key)
    if (node === undefined) return fallback
    const value = parseDuration((isScalar(node) ? asText(node) : undefined) ?? '')
    const [least = 0, most = 0] = [parseDuration(min), parseDuration(max)]
    if (value !== undefined && value >= least && value <= most) return value
    this.problem(key, `write a time from ${min} to ${max}, like 500ms or 2s`)
    return fallback
  }

  oneOf<const T extends string>(key: string, values: readonly T[], fallback: T): T {
    const node = this.#node(key)
    if (node === undefined) return fallback
    const found = values.find((value) => isScalar(node) && value === node.value)
    if (found === undefined) this.problem(key, `write one of ${values.join(', ')}`)
    return found ?? fallback
  }

  /** A mapping from header names to values, the values as written; `problemOf` says what is wrong with one. */
  headers(key: string, problemOf: (name: string, value: string) => string | undefined): Headers {
    const pairs = this.#pairs(key, 'Name: value').map(([name, node]): [string, string] => {
      const value = isScalar(node) ? asText(node) : undefined
      const problem = value === undefined ? 'write its value as text' : problemOf(name, value)
      if (problem !== undefined) this.problem(key, `${name}: ${problem}`, node)
      return [name, value ?? '']
    })
    return Object.fromEntries(pairs)
  }

  /** A mapping from names to any values that JSON knows. */
  values(key: string, problemOf: (name: string) => string | undefined): Readonly<Record<string, unknown>> {
    const pairs = this.#pairs(key, 'path: value').map(([name, node]): [string, unknown] => {
      const value = isNode(node) ? this.#toJson(node) : null
      const problem = problemOf(name) ?? (isJson(value) ? undefined : 'JSON has no such value')
      if (problem !== undefined) this.problem(key, `${name}: ${problem}`, node)
      return [name, value]
    })
    return Object.fromEntries(pairs)
  }

  /** Notes a problem at the line of `key`, or of the node given, or of the mapping itself where neither is there. */
  problem(key: string, what: string, at?: Node): void {
    const node = at ?? this.#key(key) ?? this.#map
    this.#source.problems.push({ line: lineOf(this.#source, node), what: `${key}: ${what}` })
  }

  /** Notes each key that nobody asked for. Call it last. */
  refuseOthers(): void {
    for (const { key } of this.#map.items) {
      const name = isScalar(key) ? String(key.value) : 'a key that is no text'
      if (this.#read.has(name)) continue
      const known = [...this.#read].join(', ')
      const what = `${name}: unknown key; write one of ${known}`
      this.#source.problems.push({ line: lineOf(this.#source, key as Node), what })
    }
  }

  /** `undefined` for an alias that leads nowhere, or to more than a check could want. */
  #toJson(node: YamlNode): unknown {
    try {
      return node.toJS(this.#source.document) as unknown
    } catch {
      return undefined
    }
  }

  #pairs(key: string, shape: string): [string, Node][] {
    const node = this.#node(key)
    if (node === undefined) return []
    if (isMap(node) && node.items.length > 0) {
      return node.items.map((pair) => [nameOf(pair.key), this.#resolved(pair.value as Node) ?? null])
    }
    this.problem(key, `write it as { ${shape} }`)
    return []
  }

  #node(key: string): Node {
    this.#read.add(key)
    if (!this.#map.has(key)) return undefined
    return this.#resolved(this.#map.get(key, true)) ?? null
  }

  #resolved(node: Node): Node {
    if (!isAlias(node)) return node
    const target = node.resolve(this.#source.document)
    const what = `*${node.source}: no &${node.source} stands before it`
    if (target === undefined) this.#source.problems.push({ line: lineOf(this.#source, node), what })
    return target
  }

  #key(name: string): Node {
    return this.#map.items.find(({ key }) => isScalar(key) && key.value === name)?.key as Node
  }
}

function nameOf(key: unknown): string {
  return isScalar(key) ? (asText(key) ?? '') : ''
}
