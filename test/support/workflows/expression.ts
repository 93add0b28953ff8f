import { data, Evaluator, Lexer, Parser } from '@actions/expressions'
import type { FunctionDefinition } from '@actions/expressions/funcs/info'
import { ensureStatusFunction } from '@actions/workflow-parser/model/converter/if-condition'
import type { DefinitionInfo } from '@actions/workflow-parser/templates/schema/definition-info'

/** Which of the functions `success()`, `failure()` and `cancelled()` is true; after a skipped job it is none of them. */
export type Status = 'success' | 'failure' | 'cancelled' | 'none'

export type Value = string | number | boolean | null | { readonly [name: string]: Value }

/** Evaluates an `if:` with GitHub's own parser; like there, one without a status function means `success() && (...)`. */
export function evaluateIf(
  condition: string | undefined,
  status: Status,
  contexts: Readonly<Record<string, Value>>,
): boolean {
  const functions = statusFunctions(status)
  const known: unknown = {
    allowedContext: [...Object.keys(contexts), ...[...functions.keys()].map((name) => `${name}(0,0)`)],
  }
  const text = ensureStatusFunction(bare(condition ?? 'true'), known as DefinitionInfo)
  const { tokens } = new Lexer(text).lex()
  const expression = new Parser(tokens, Object.keys(contexts), [...functions.values()]).parse()
  const evaluator = new Evaluator(expression, toData(contexts) as data.Dictionary, functions)
  return toBoolean(evaluator.evaluate())
}

function statusFunctions(status: Status): Map<string, FunctionDefinition> {
  const answers = {
    success: status === 'success',
    failure: status === 'failure',
    cancelled: status === 'cancelled',
    always: true,
  }
  return new Map(
    Object.entries(answers).map(([name, answer]) => [
      name,
      { name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(answer) },
    ]),
  )
}

function bare(condition: string): string {
  return condition
    .trim()
    .replace(/^\$\{\{([\s\S]*)\}\}$/, '$1')
    .trim()
}

function toData(value: Value): data.ExpressionData {
  if (value === null) return new data.Null()
  if (typeof value === 'string') return new data.StringData(value)
  if (typeof value === 'boolean') return new data.BooleanData(value)
  if (typeof value === 'number') return new data.NumberData(value)
  return new data.Dictionary(...Object.entries(value).map(([key, each]) => ({ key, value: toData(each) })))
}

function toBoolean(result: data.ExpressionData): boolean {
  const text = result.coerceString()
  return text !== '' && text !== 'false' && text !== '0'
}
