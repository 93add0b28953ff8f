import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { CAUSES, RECOVERY, type Rule, VERBS } from '../src/agent/protocol.ts'
import { root } from './bundle.mts'

/** An input, output or secret as `action.yml` and `on.workflow_call` declare it. */
interface Declared {
  readonly description?: string
  readonly required?: boolean
  readonly default?: string | number | boolean
  readonly type?: string
}

type Declarations = Readonly<Record<string, Declared | null>>

export interface ActionMetadata {
  readonly name: string
  readonly description: string
  readonly inputs?: Declarations
  readonly outputs?: Declarations
  readonly runs: { readonly using: string; readonly main: string; readonly post?: string }
}

interface Workflow {
  readonly name?: string
  readonly on?: unknown
}

interface Callable {
  readonly inputs?: Declarations
  readonly secrets?: Declarations
  readonly outputs?: Declarations
}

/** A file of documentation with its tables as they should be. */
export interface Document {
  readonly path: string
  readonly text: string
}

/** Names of the folders in `actions/` that hold an action.yml, sorted. */
export function documentedActions(): readonly string[] {
  return readdirSync(join(root, 'actions'))
    .filter((name) => existsSync(join(root, 'actions', name, 'action.yml')))
    .sort()
}

export function readMetadata(action: string): ActionMetadata {
  return readYaml(`actions/${action}/action.yml`) as ActionMetadata
}

function readYaml(path: string): unknown {
  try {
    return parse(readFileSync(join(root, path), 'utf8'))
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** Every document with generated parts. A README that does not exist is not made up: its text is its author's. */
export function documents(): readonly Document[] {
  const all = documentedActions().map((action) =>
    filled(`actions/${action}/README.md`, {
      inputs: inputTable(readMetadata(action).inputs),
      outputs: outputTable(readMetadata(action).outputs),
    }),
  )
  const workflows = callableWorkflows()
  const sections = Object.fromEntries(workflows.map(({ file, call }) => [file, workflowTables(call)]))
  all.push(filled('docs/workflows.md', sections))
  all.push(filled('docs/protocol.md', { verbs: verbTable(), recovery: recoveryTable(), causes: causeTable() }))
  all.push(filled('README.md', { actions: actionTable(), workflows: workflowTable(workflows) }))
  return all.filter((document) => document !== undefined)
}

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->`; a marker without its end is an error. */
export function fill(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const from = text.indexOf(begin)
  if (from < 0) return text
  const to = text.indexOf(end, from)
  if (to < 0) throw new Error(`${begin} has no ${end} after it`)
  return `${text.slice(0, from)}${begin}\n\n${content}\n\n${text.slice(to)}`
}

function filled(path: string, parts: Readonly<Record<string, string>>): Document | undefined {
  const file = join(root, path)
  if (!existsSync(file)) return undefined
  const text = Object.entries(parts).reduce(
    (before, [name, content]) => fill(before, name, content),
    readFileSync(file, 'utf8'),
  )
  return { path, text }
}

function callableWorkflows(): readonly { file: string; name: string; call: Callable }[] {
  const folder = join(root, '.github/workflows')
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((file) => /\.ya?ml$/.test(file))
    .sort()
    .flatMap((file) => {
      const { name = file, on } = readYaml(`.github/workflows/${file}`) as Workflow
      if (typeof on !== 'object' || on === null || !('workflow_call' in on)) return []
      return [{ file, name, call: on.workflow_call ?? {} }]
    })
}

function inputTable(inputs: Declarations = {}): string {
  const rows = Object.entries(inputs).map(([name, input]) => [
    `\`${name}\``,
    sentence(input?.description),
    input?.required === true ? 'required' : defaultOf(input),
  ])
  return table(['Input', 'What it is', 'Default'], rows)
}

function outputTable(outputs: Declarations = {}): string {
  const rows = Object.entries(outputs).map(([name, output]) => [`\`${name}\``, sentence(output?.description)])
  return table(['Output', 'What it is'], rows)
}

function workflowTables({ inputs, secrets, outputs }: Callable): string {
  const secretRows = Object.entries(secrets ?? {}).map(([name, secret]) => [
    `\`${name}\``,
    sentence(secret?.description),
    secret?.required === true ? 'required' : 'optional',
  ])
  const parts = [inputs && inputTable(inputs), secrets && table(['Secret', 'What it is', ''], secretRows)]
  return [...parts, outputs && outputTable(outputs)].filter((part) => part !== undefined).join('\n\n')
}

function actionTable(): string {
  const rows = documentedActions().map((action) => [
    `[\`${action}\`](actions/${action}/README.md)`,
    sentence(readMetadata(action).description),
  ])
  return table(['Action', 'What it does'], rows)
}

function workflowTable(workflows: readonly { file: string; name: string }[]): string {
  const rows = workflows.map(({ file, name }) => [`[\`${file}\`](.github/workflows/${file})`, sentence(name)])
  return table(['Workflow', 'What it does'], rows)
}

function verbTable(): string {
  const rows = VERBS.map(({ state, word, who, action }) => [
    state === '*' ? 'any' : `\`${state}\``,
    `\`${word.replace(':', ' ')}\``,
    who === 'owner' ? 'the owner' : 'anybody',
    describeAction(action),
  ])
  return table(['State', 'Word', 'Who', 'What comes of it'], rows)
}

function describeAction(action: Rule['action']): string {
  const [kind, phase = '', state = ''] = action.split(':')
  const meanings: Readonly<Record<string, string>> = {
    run: `the phase \`${phase}\` is run, then the state is \`${state}\`; undone if a step fails`,
    commit: 'refused if a check objects; else `commit` is run, the decision is recorded and `finish` is run',
    lease: 'the lease is as long as said, from now on',
    note: "a check's verdict is recorded, and the lease begins anew",
    undo: 'everything that began is taken back',
  }
  return meanings[kind ?? ''] ?? action
}

function recoveryTable(): string {
  const rows = RECOVERY.map(({ state, action }) => [
    `\`${state}\``,
    { undo: 'it is undone', settle: 'what is left of `settle` is run', 'wind-up': 'what is left of `finish` is run' }[
      action
    ],
  ])
  return table(['State when the agent died', 'What recovery does'], rows)
}

function causeTable(): string {
  const rows = Object.entries(CAUSES).map(([cause, meaning]) => [`\`${cause}\``, meaning])
  return table(['Cause', 'What it means'], rows)
}

function defaultOf(input: Declared | null): string {
  const value = String(input?.default ?? '').trim()
  return value === '' ? '' : `\`${sentence(value)}\``
}

/** One line, safe inside a cell. */
function sentence(text = ''): string {
  return text.trim().replace(/\s+/g, ' ').replaceAll('|', '\\|')
}

/** Columns are padded to one width, as Prettier wants them. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return 'None.'
  const widths = head.map((title, column) =>
    Math.max(3, ...[head, ...rows].map((row) => (row[column] ?? title).length)),
  )
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
