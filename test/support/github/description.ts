import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly schema: object
}

interface Content {
  readonly content?: { readonly 'application/json'?: { readonly schema: object } }
}

interface Operation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Content>>
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: object }
}

/** A call of GitHub's API that its description knows. */
export interface Call {
  /** `get /repos/{owner}/{repo}/deployments` */
  readonly name: string
  readonly parameters: Readonly<Record<string, string>>
  /** What is wrong with the request, in words; empty if nothing is. */
  requestProblems(query: URLSearchParams, body: unknown): readonly string[]
  responseProblems(status: number, body: unknown): readonly string[]
}

const fixture = join(import.meta.dirname, '../../fixtures/github-openapi.json')
const description = JSON.parse(readFileSync(fixture, 'utf8')) as Description
const ajv = new Ajv({ strict: false, allErrors: true, coerceTypes: false })
addFormats(ajv)
ajv.addSchema({ $id: 'github', components: description.components })

/** Finds what GitHub's description says of a request; undefined if it (or our extract) has no such call. */
export function describeCall(method: string, path: string): Call | undefined {
  for (const [template, operations] of Object.entries(description.paths)) {
    const operation = operations[method.toLowerCase()]
    const parameters = matchPath(template, path)
    if (operation !== undefined && parameters !== undefined) {
      return callOf(`${method.toLowerCase()} ${template}`, operation, parameters)
    }
  }
  return undefined
}

function callOf(name: string, operation: Operation, parameters: Record<string, string>): Call {
  return {
    name,
    parameters,
    requestProblems(query, body) {
      const schema = operation.requestBody?.content?.['application/json']?.schema
      return [
        ...queryProblems(operation.parameters ?? [], query),
        ...(schema === undefined ? [] : problems('request body', schema, body ?? {})),
        ...(schema === undefined ? [] : unknownKeys(schema, body)),
      ]
    },
    responseProblems(status, body) {
      // The description leaves out most 404s; GitHub gives one for whatever is not there.
      if (status === 404) return []
      const response = operation.responses[String(status)]
      if (response === undefined) return [`GitHub's description has no answer ${status} to ${name}`]
      const schema = response.content?.['application/json']?.schema
      return schema === undefined ? [] : problems(`response ${status}`, schema, body)
    },
  }
}

function matchPath(template: string, path: string): Record<string, string> | undefined {
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const values = new RegExp(`^${template.replaceAll(/\{\w+\}/g, '([^/]+)')}$`).exec(path)?.slice(1)
  if (values === undefined) return undefined
  return Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(values[i] ?? '')]))
}

/** A query parameter that GitHub doesn't know is ignored by it: a filter that filters nothing. Here it is an error. */
function queryProblems(parameters: readonly Parameter[], query: URLSearchParams): readonly string[] {
  const known = new Map(parameters.filter((parameter) => parameter.in === 'query').map((each) => [each.name, each]))
  return [...query].flatMap(([name, text]) => {
    const parameter = known.get(name)
    if (parameter === undefined) return [`query: there is no parameter ${name}`]
    const value = 'type' in parameter.schema && parameter.schema.type === 'integer' ? Number(text) : text
    return problems(`query ${name}`, parameter.schema, value)
  })
}

function unknownKeys(schema: object, body: unknown): readonly string[] {
  const properties = (schema as { properties?: object }).properties ?? {}
  return Object.keys(body ?? {})
    .filter((key) => !(key in properties))
    .map((key) => `request body: there is no property ${key}`)
}

const validators = new Map<object, ValidateFunction>()

function problems(where: string, schema: object, value: unknown): readonly string[] {
  const validate = validators.get(schema) ?? ajv.compile(absolute(schema))
  validators.set(schema, validate)
  if (validate(value)) return []
  return (validate.errors ?? []).map(({ instancePath, message }) => `${where}${instancePath}: ${message ?? 'is wrong'}`)
}

/** References of an inline schema are meant from the root of the description. */
function absolute(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"github#/components')) as object
}
