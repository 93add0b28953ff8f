import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { root, type Workflow } from '../workflows/files.ts'

type Values = Readonly<Record<string, string | boolean>>

/**
 * Copies a caller of `workflows-templates/` into a repository, as its README says: with the name of the default branch, and
 * with the inputs and secrets that the team adds.
 */
export async function copyCaller(
  repository: string,
  name: string,
  added: { readonly with?: Values; readonly secrets?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const text = await readFile(join(root, 'workflows-templates', name), 'utf8')
  const { jobs, ...rest } = parse(text.replaceAll('$default-branch', 'main')) as Workflow
  const called = Object.entries(jobs).map(([id, job]) => {
    const secrets = typeof job.secrets === 'string' ? {} : job.secrets
    return [id, { ...job, with: { ...job.with, ...added.with }, secrets: { ...secrets, ...added.secrets } }]
  })
  const folder = join(repository, '.github/workflows')
  await mkdir(folder, { recursive: true })
  await writeFile(
    join(folder, name),
    stringify({ ...rest, jobs: Object.fromEntries(called) as unknown }, { lineWidth: 0 }),
  )
}
