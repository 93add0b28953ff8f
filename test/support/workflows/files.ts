import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export const root = join(import.meta.dirname, '../../..')
/** How a repository of a team names this one. */
export const SUITE = 'estiba/estiba'

export type Permissions = Readonly<Record<string, 'read' | 'write' | 'none'>>
type Values = Readonly<Record<string, string | number | boolean>>

export interface Step {
  readonly id?: string
  readonly name?: string
  readonly if?: string
  readonly uses?: string
  readonly with?: Values
  readonly env?: Values
  readonly run?: string
}

export interface Job {
  readonly needs?: string | readonly string[]
  readonly if?: string
  readonly permissions?: Permissions
  readonly concurrency?: { readonly group: string; readonly 'cancel-in-progress'?: unknown; readonly queue?: string }
  readonly environment?: { readonly name: string; readonly deployment?: boolean }
  readonly 'timeout-minutes'?: unknown
  readonly outputs?: Readonly<Record<string, string>>
  readonly steps?: readonly Step[]
  readonly uses?: string
  readonly with?: Values
  readonly secrets?: 'inherit' | Readonly<Record<string, string>>
}

export interface Declared {
  readonly description?: string
  readonly required?: boolean
  readonly default?: unknown
  readonly type?: string
}

export interface Callable {
  readonly inputs?: Readonly<Record<string, Declared>>
  readonly secrets?: Readonly<Record<string, Declared>>
  readonly outputs?: Readonly<Record<string, { readonly value: string }>>
}

export interface Workflow {
  readonly name: string
  readonly on: Readonly<Record<string, unknown>> & { readonly workflow_call?: Callable }
  readonly permissions?: Permissions
  readonly concurrency?: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

export interface ActionMetadata {
  readonly name: string
  readonly description: string
  readonly inputs?: Readonly<Record<string, Declared>>
  readonly outputs?: Readonly<Record<string, unknown>>
  readonly runs: { readonly using: string; readonly main: string; readonly post?: string }
}

export interface File {
  /** From the root of this repository. */
  readonly path: string
  readonly text: string
}

export interface WorkflowFile extends File {
  readonly workflow: Workflow
}

/** The reusable workflows, and this repository's own. */
export function workflows(): readonly WorkflowFile[] {
  return yamlIn('.github/workflows').map(withWorkflow)
}

/** The callers to copy. */
export function templates(): readonly WorkflowFile[] {
  return yamlIn('workflows-templates').map(withWorkflow)
}

export function workflowNamed(name: string): Workflow {
  return withWorkflow(readText(`.github/workflows/${name}`)).workflow
}

export function actionMetadata(path: string): ActionMetadata | undefined {
  const file = `${path}/action.yml`
  return existsSync(join(root, file)) ? (parse(readText(file).text) as ActionMetadata) : undefined
}

export function readText(path: string): File {
  return { path, text: readFileSync(join(root, path), 'utf8') }
}

/** What `uses` means in a file of this repository, as a path from its root; undefined for what others publish. */
export function pathOf(uses: string): string | undefined {
  const { own, path } = /^(?<own>\$|estiba\/estiba)\/(?<path>[^@]+)(?:@v\d+)?$/.exec(uses)?.groups ?? {}
  return own === undefined ? undefined : path
}

/** Every job of a file, with its steps; empty for a job that calls a workflow. */
export function jobsOf({
  workflow,
}: WorkflowFile): readonly (Job & { readonly id: string; readonly steps: readonly Step[] })[] {
  return Object.entries(workflow.jobs).map(([id, job]) => ({ id, ...job, steps: job.steps ?? [] }))
}

function yamlIn(folder: string): readonly File[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.yml'))
    .sort()
    .map((name) => readText(`${folder}/${name}`))
}

function withWorkflow(file: File): WorkflowFile {
  return { ...file, workflow: parse(file.text) as Workflow }
}
