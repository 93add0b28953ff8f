import { execFile } from 'node:child_process'
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BuildProject, imagesOf, sha, startForgettingRegistry } from '../support/build-project.ts'
import { requireImages } from '../support/lab/images/build.ts'
import { requireTools } from '../support/lab/tools.ts'
import type { TestRegistry } from '../support/registry.ts'

const run = promisify(execFile)

let registry: TestRegistry
/** An image in the local engine that has a shell. */
let shell: string
let project: BuildProject

beforeAll(async () => {
  await requireTools()
  shell = (await requireImages()).registry
  registry = await startForgettingRegistry()
})
afterAll(() => registry[Symbol.asyncDispose]())

beforeEach(async () => {
  project = await BuildProject.create()
})
afterEach(() => project[Symbol.asyncDispose]())

describe('a project that builds', () => {
  test('is pushed under all tags; the registry serves the digests that are handed on', async () => {
    await project.compose(`
      services:
        api: { image: '${registry.address}/shop/api:dev', build: { context: ./api, args: { VERSION: "\${VERSION}" } } }
        worker: { image: '${registry.address}/shop/api:dev', command: [work] }
        page: { image: '${registry.address}/shop/page', build: { dockerfile_inline: "FROM scratch\\nCOPY page /" } }
        tool: { image: '${registry.address}/shop/tool', profiles: [tools], build: { additional_contexts: { base: "service:api" }, dockerfile_inline: "FROM base" } }
        database: { image: 'postgres:16' }
    `)
    await project.write('page', 'hello')
    const result = await project.build({ env: 'VERSION=7' })

    expect(result.stderr + result.stdout).not.toContain('::error')
    expect(result.code).toBe(0)
    const images = imagesOf(result)
    const tags = ['1.2.3', '1.2', '1', 'sha-0123456789ab', sha]
    expect(Object.keys(images)).toEqual(['api', 'page', 'tool', 'worker'])
    expect(images['worker']).toEqual(images['api'])
    for (const name of ['api', 'page', 'tool']) {
      const image = images[name]
      expect(image?.repository).toBe(`${registry.address}/shop/${name}`)
      expect(image?.tags).toEqual(tags)
      const [platform = '', ...others] = Object.keys(image?.platforms ?? {})
      expect(platform).toMatch(/^linux\/(amd64|arm64)/)
      expect(others).toEqual([])
      expect(image?.platforms[platform]).toBeGreaterThan(20)
      expect(await registry.tags(`shop/${name}`)).toEqual([...tags].sort())
      for (const reference of [...tags, image?.digest ?? ''])
        expect(await registry.digest(`shop/${name}`, reference)).toBe(image?.digest)
    }
    expect(await registry.labels('shop/api', '1.2.3')).toEqual({
      'org.opencontainers.image.title': 'api',
      'org.opencontainers.image.source': 'https://github.com/acme/shop',
      'org.opencontainers.image.revision': sha,
      'org.opencontainers.image.version': '1.2.3',
    })
    expect(result.outputs['tags']).toBe(tags.join('\n'))
    expect(result.outputs['version']).toBe('1.2.3')
    expect(result.summary).toContain('| api, worker |')
    expect(result.stdout).toContain(`  ${registry.address}/shop/api, run by api, worker\n`)
    expect(result.stdout.indexOf('Tags: 1.2.3, 1.2, 1')).toBeLessThan(result.stdout.indexOf('Build\n'))
  })

  test('is dated by its commit, and tagged by the one that is checked out', async () => {
    await project.compose(`services: { api: { image: '${registry.address}/shop/dated', build: ./api } }`)
    const git = (...args: string[]) =>
      run('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: project.workspace })
    await git('init', '--quiet')
    await git('add', '.')
    await git('commit', '--quiet', '--message', 'One', '--date', '2026-01-02T03:04:05Z')
    const head = (await git('rev-parse', 'HEAD')).stdout.trim()
    const committed = (await git('log', '-1', '--format=%cI')).stdout.trim()

    expect((await project.build({}, { GITHUB_SHA: head })).code).toBe(0)
    expect(await registry.labels('shop/dated', '1.2.3')).toMatchObject({
      'org.opencontainers.image.created': committed,
      'org.opencontainers.image.revision': head,
    })

    const other = await project.build()
    expect(other.stdout).toContain(`Commit ${head} is checked out, not that of the run`)
    expect(other.outputs['tags']).toBe(`sha-${head.slice(0, 12)}\n${head}`)
  })

  test('merges compose files in a folder of its own, and takes tags as they are given', async () => {
    await mkdir(join(project.workspace, 'stack/deploy'), { recursive: true })
    await cp(join(project.workspace, 'api'), join(project.workspace, 'stack/api'), { recursive: true })
    await project.compose(
      'services: { api: { build: { context: ./api, labels: { a: one, b: one } } } }',
      'stack/compose.yml',
    )
    await project.compose('services: { api: { build: { labels: { b: "$${two}" } } } }', 'stack/deploy/more.yml')
    const result = await project.build({
      'compose-files': 'compose.yml\ndeploy/more.yml',
      'project-directory': 'stack',
      'image-prefix': `${registry.address}/merged/shop`,
      tags: 'blue\ngreen',
    })
    expect(result.code).toBe(0)
    expect(await registry.tags('merged/shop-api')).toEqual(['blue', 'green'])
    expect(await registry.labels('merged/shop-api', 'blue')).toMatchObject({ a: 'one', b: '${two}' })
  })

  test('hands secrets to the build and to nothing else', async () => {
    await project.write(
      'api/Dockerfile',
      project.running(shell, '--mount=type=secret,id=token', 'wc -c /run/secrets/token'),
    )
    await project.compose(`
      services: { api: { image: '${registry.address}/shop/secret', build: { context: ./api, secrets: [token] } } }
      secrets: { token: { environment: NPM_TOKEN } }
    `)
    const result = await project.build({ env: "NPM_TOKEN='s3cret-value-42'" })
    expect(result.code).toBe(0)
    expect(result.stdout).toContain('15 /run/secrets/token')
    expect(result.stdout.replaceAll(/^::add-mask::.*$/gm, '')).not.toContain('s3cret-value-42')
    expect(await project.calls()).not.toContain('s3cret-value-42')

    const without = await project.build()
    expect(without.code).toBe(1)
    expect(without.stdout).toContain('a secret of the build is read from NPM_TOKEN')
  })

  test('without push leaves the registry alone', async () => {
    await project.compose(`services: { api: { image: '${registry.address}/shop/checked', build: ./api } }`)
    const result = await project.build({ push: 'false' })
    expect(result.code).toBe(0)
    expect(result.outputs['images']).toBe('{}')
    expect(await registry.digest('shop/checked', '1.2.3')).toBeUndefined()
  })
})
