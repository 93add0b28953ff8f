/**
 * Makes `test/fixtures/github-openapi.json`: what GitHub's own description says of the few calls that we make.
 *
 *   npm pack @octokit/openapi@23.0.2      (in a folder outside this repository: it is large)
 *   tar xzf octokit-openapi-23.0.2.tgz package/generated/api.github.com.json
 *   node test/support/github/extract-openapi.mts package/generated/api.github.com.json
 *
 * Prose and examples are left out; OpenAPI 3.0's `nullable` becomes JSON Schema's `null`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type JsonObject = Record<string, Json>

const CALLS: Readonly<Record<string, readonly string[]>> = {
  '/repos/{owner}/{repo}/environments/{environment_name}': ['get'],
  '/repos/{owner}/{repo}/deployments': ['get', 'post'],
  '/repos/{owner}/{repo}/deployments/{deployment_id}/statuses': ['get', 'post'],
  '/repos/{owner}/{repo}/actions/runs': ['get'],
  '/repos/{owner}/{repo}/actions/runs/{run_id}/approvals': ['get'],
  '/repos/{owner}/{repo}/compare/{basehead}': ['get'],
}
const PROSE = [
  'description',
  'example',
  'examples',
  'title',
  'externalDocs',
  'x-github',
  'summary',
  'tags',
  'x-multi-segment',
]

const [source] = process.argv.slice(2)
if (source === undefined) throw new Error('Say where api.github.com.json is.')
const description = JSON.parse(readFileSync(source, 'utf8')) as {
  paths: JsonObject
  components: Record<string, JsonObject>
}

const schemas: JsonObject = {}

/** Copies a node without prose; parameters and responses are put in place, schemas are collected by name. */
function copy(node: Json, names: 'keys' | 'properties' = 'keys'): Json {
  if (Array.isArray(node)) return node.map((item) => copy(item))
  if (node === null || typeof node !== 'object') return node
  if (typeof node['$ref'] === 'string') return follow(node['$ref'])
  const kept = Object.entries(node).filter(([key]) => names === 'properties' || !PROSE.includes(key))
  const result = Object.fromEntries(
    kept.map(([key, value]) => [key, copy(value, key === 'properties' ? 'properties' : 'keys')]),
  )
  return names === 'keys' ? withNull(result) : result
}

function follow(ref: string): Json {
  const [, , kind = '', name = ''] = ref.split('/')
  const target = description.components[kind]?.[name]
  if (target === undefined) throw new Error(`${ref} leads nowhere.`)
  if (kind !== 'schemas') return copy(target)
  if (!(name in schemas)) {
    schemas[name] = {}
    schemas[name] = copy(target)
  }
  return { $ref: `#/components/schemas/${name}` }
}

function withNull({ nullable, ...schema }: JsonObject): Json {
  if (nullable !== true) return schema
  const values = Array.isArray(schema['enum']) ? { enum: [...schema['enum'], null] } : {}
  if (typeof schema['type'] === 'string') return { ...schema, ...values, type: [schema['type'], 'null'] }
  return { anyOf: [schema, { type: 'null' }] }
}

const paths = Object.fromEntries(
  Object.entries(CALLS).map(([path, methods]) => [
    path,
    Object.fromEntries(
      methods.map((method) => [method, copy((description.paths[path] as JsonObject)[method] ?? null)]),
    ),
  ]),
)
const fixture = join(import.meta.dirname, '../../fixtures/github-openapi.json')
writeFileSync(
  fixture,
  `${JSON.stringify({ source: '@octokit/openapi 23.0.2 (MIT)', paths, components: { schemas } }, null, 1)}\n`,
)
