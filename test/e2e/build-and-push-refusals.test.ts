import { existsSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BuildProject, startForgettingRegistry } from '../support/build-project.ts'
import { requireImages } from '../support/lab/images/build.ts'
import { requireTools } from '../support/lab/tools.ts'
import type { TestRegistry } from '../support/registry.ts'

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

describe('a project that does not', () => {
  const error = async (inputs: Readonly<Record<string, string>> = {}) => {
    const result = await project.build(inputs)
    expect(result.code).toBe(1)
    return /^::error::(.*)$/m.exec(result.stdout)?.[1]?.replaceAll('%0A', '\n') ?? ''
  }

  test('for a broken compose file the message names file and line', async () => {
    await project.compose('services:\n  api:\n    build: ./api\n   image: x\n')
    expect(await error()).toMatch(/^compose\.yml:4:\d+: /)
  })

  test('for a missing compose file it names those that are there', async () => {
    await project.compose('services: {}', 'docker-compose.yml')
    expect(await error()).toBe(
      `compose-files: there is no compose.yml in ${project.workspace}. There are docker-compose.yml.`,
    )
  })

  test('for what Compose refuses it gives its words', async () => {
    await project.compose('services: { api: { build: ./api, imaeg: x } }')
    expect(await error()).toMatch(/^Compose refuses compose\.yml:\n.*imaeg/s)
  })

  test('for a failing Dockerfile it shows the last lines, and nothing is pushed', async () => {
    await project.write('api/Dockerfile', 'FROM scratch\nCOPY absent /\n')
    await project.compose(`services: { api: { image: '${registry.address}/shop/broken', build: ./api } }`)
    const message = await error()
    expect(message).toContain('build and push the images: docker buildx bake failed (exit code 1)\n')
    expect(message).toContain('>>> COPY absent /')
    expect(await registry.digest('shop/broken', '1.2.3')).toBeUndefined()
  })

  test('for a cancelled job it says so at once, and takes its folder away', async () => {
    await project.write('api/Dockerfile', project.running(shell, '', 'sleep 8'))
    await project.compose(`services: { api: { image: '${registry.address}/shop/cancelled', build: ./api } }`)
    const result = await project.build({}, {}, AbortSignal.timeout(4000))
    expect(result.code).toBe(1)
    expect(result.stdout).toContain('::error::run: the job was cancelled (SIGINT)')
    expect(existsSync(result.state['folder'] ?? '')).toBe(false)
  })

  test('for nothing to build it says that', async () => {
    await project.compose('services: { database: { image: postgres } }')
    expect(await error()).toBe('No service of the compose files has a build section: there is nothing to build.')
  })
})
