import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { all, callableOf, calls, jobs, ownSteps, reusable, steps } from '../support/workflows/all.ts'
import {
  actionMetadata,
  pathOf,
  root,
  templates,
  workflowNamed,
  type Declared,
  type Job,
  type WorkflowFile,
} from '../support/workflows/files.ts'
import { missing, neededBy, union } from '../support/workflows/permissions.ts'

test('there is something to look at', () => {
  expect(reusable.map(({ path }) => path.replace('.github/workflows/', ''))).toEqual([
    'build.yml',
    'check.yml',
    'deploy.yml',
    'lint.yml',
    'pipeline.yml',
    'rollback.yml',
  ])
  expect([calls.length > 5, ownSteps.length > 8]).toEqual([true, true])
})

describe('what is used', () => {
  test.each(ownSteps)('$where: $path exists and takes what it is given', ({ path, with: given = {} }) => {
    const metadata = actionMetadata(path)
    if (metadata === undefined) throw new Error(`There is no ${path}/action.yml.`)
    expect(fit(given, metadata.inputs ?? {})).toEqual({ unknown: [], missing: [] })
  })

  test.each(calls)('$where: $uses exists and takes what it is given', ({ uses, with: given = {}, secrets = {} }) => {
    const callable = callableOf(uses)
    expect(fit(given, callable.inputs ?? {})).toEqual({ unknown: [], missing: [] })
    expect(secrets).not.toBe('inherit')
    expect(fit(secrets as Readonly<Record<string, string>>, callable.secrets ?? {})).toEqual({
      unknown: [],
      missing: [],
    })
  })

  // Whether GitHub shows an environment's secret to a called job that nobody passed it to is reported both ways.
  test.each(calls.filter(({ where }) => where.startsWith('.github')))('$where passes on every secret', (job) => {
    expect(Object.keys(job.secrets ?? {}).sort()).toEqual(Object.keys(callableOf(job.uses).secrets ?? {}).sort())
  })

  test.each(steps.filter(({ uses }) => uses !== undefined && pathOf(uses) === undefined))(
    '$where: $uses is pinned, its version told, and its credentials not kept',
    ({ uses = '', with: given }) => {
      expect(uses).toMatch(/^actions\/checkout@[0-9a-f]{40}$/)
      expect(given).toEqual({ 'persist-credentials': false })
      for (const { text } of all) expect(text).not.toMatch(/uses: actions\/\S+(?! # v\d+\.\d+\.\d+)$/m)
    },
  )

  test.each(reusable)('$path names this repository by $/ only', ({ text }) => {
    expect(text).not.toContain('uses: ./')
    expect(text).not.toContain('estiba/estiba')
  })

  test('templates follow the major version', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    const major = version.split('.')[0] ?? ''
    const used = templates().flatMap(({ workflow }) => Object.values(workflow.jobs).map(({ uses = '' }) => uses))
    expect(used).not.toEqual([])
    for (const uses of used)
      expect(uses).toMatch(new RegExp(`^estiba/estiba/\\.github/workflows/[a-z]+\\.yml@v${major}$`))
  })
})

describe('permissions', () => {
  test.each(all)('$path grants nothing to jobs that do not ask', ({ workflow }) => {
    expect(workflow.permissions).toEqual({})
  })

  test.each(jobs)('$where says what it needs', ({ permissions }) => {
    expect(permissions).toBeDefined()
  })

  test.each(calls)('$where has what the jobs of $uses need', (job) => {
    expect(missing(job.permissions ?? {}, neededBy(job))).toEqual([])
  })

  test.each(templates())('$path grants exactly the union', ({ workflow }) => {
    for (const job of Object.values(workflow.jobs)) expect(job.permissions).toEqual(neededBy(job))
  })

  test('a check of a pull request can write nothing', () => {
    expect(union('check.yml')).toEqual({ contents: 'read' })
  })

  test('the job that records holds no secret, and the job that deploys writes nothing on GitHub', () => {
    for (const name of ['deploy.yml', 'rollback.yml']) {
      for (const [id, job] of Object.entries(workflowNamed(name).jobs)) {
        const writes = Object.values(job.permissions ?? {}).includes('write')
        expect([id, writes, JSON.stringify(job).includes('secrets.')]).toEqual([id, id === 'record', id !== 'record'])
      }
    }
  })
})

describe('hygiene', () => {
  test.each(steps.filter(({ run }) => run !== undefined))('$where pastes nothing into its script', ({ run }) => {
    expect(run).not.toContain('${{')
  })

  test.each(jobs.filter(({ uses }) => uses === undefined))('$where ends some time', (job) => {
    expect(job['timeout-minutes']).toBeDefined()
  })

  test.each(reusable)('$path describes and types all that it takes', ({ workflow }) => {
    const { inputs = {}, secrets = {} } = workflow.on.workflow_call ?? {}
    for (const input of Object.values(inputs)) {
      expect(input.description).toMatch(/\.$/)
      expect(['string', 'number', 'boolean']).toContain(input.type)
      expect(input.required === true || input.default !== undefined).toBe(true)
    }
    for (const secret of Object.values(secrets)) {
      expect(secret.description).toMatch(/\.$/)
      expect(secret.required).toBe(false)
    }
  })
})

test.each(reusable)('$path uses all that it takes', ({ workflow, text }) => {
  const { inputs = {}, secrets = {} } = workflow.on.workflow_call ?? {}
  const taken = [
    ...Object.keys(inputs).map((name) => `inputs.${name}`),
    ...Object.keys(secrets).map((name) => `secrets.${name}`),
  ]
  expect(taken.filter((name) => !new RegExp(`\\b${name}(?![\\w-])`).test(text))).toEqual([])
})

test('the pipeline asks of production what it asks of staging, and offers what the deploy offers', () => {
  const { staging, production } = workflowNamed('pipeline.yml').jobs
  const inputs = (job: Job | undefined) => Object.keys(job?.with ?? {}).sort()
  expect(inputs(production)).toEqual(inputs(staging))
  const { inputs: offered = {} } = callableOf('$/.github/workflows/deploy.yml')
  const own = ['services', 'path', 'project-directory', 'timeout-minutes', 'version']
  expect(inputs(staging)).toEqual(
    Object.keys(offered)
      .filter((name) => !own.includes(name))
      .sort(),
  )
})

test.each(templates())('$path has the properties that GitHub shows', ({ path }: WorkflowFile) => {
  const file = join(root, path.replace(/\.yml$/, '.properties.json'))
  expect(existsSync(file)).toBe(true)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    name: expect.stringMatching(/ \(Estiba\)$/) as string,
    description: expect.stringMatching(/\.$/) as string,
    iconName: expect.stringMatching(/^octicon [a-z-]+$/) as string,
    categories: ['Deployment', 'Docker'],
    filePatterns: ['^(docker-)?compose\\.ya?ml$'],
  })
})

/** Which names are given that nobody takes, and which are required but neither given nor have a default. */
function fit(given: object, taken: Readonly<Record<string, Declared>>) {
  const required = Object.entries(taken).filter(([, each]) => each.required === true && each.default === undefined)
  return {
    unknown: Object.keys(given).filter((name) => !(name in taken)),
    missing: required.map(([name]) => name).filter((name) => !(name in given)),
  }
}
