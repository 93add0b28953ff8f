import { type Document, type LineCounter, type Scalar } from 'yaml'

/** A YAML text as far as it was read, and what is wrong with it. */
export interface Source {
  readonly document: Document
  readonly lines: LineCounter
  readonly problems: Problem[]
}

export interface Problem {
  /** Counted from 1. */
  readonly line: number
  /** Which key, and what to write instead. */
  readonly what: string
}

/** Any node of the document, `undefined` where the text has none. */
export type Node = { readonly range?: readonly [number, number, number] | null | undefined } | null | undefined

/** Counted from the text's first line, which is 1. */
export function lineOf({ lines }: Source, node: Node): number {
  return lines.linePos(node?.range?.[0] ?? 0).line
}

/** A scalar as it was written, `undefined` for none. */
export function asText(scalar: Scalar): string | undefined {
  if (typeof scalar.value === 'string') return scalar.value
  return scalar.value === null ? undefined : scalar.source
}

/** Whether JSON can say this value: no infinity, no date. */
export function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isJson)
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isJson)
  return value === null || typeof value === 'string' || typeof value === 'boolean'
}
