import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BuildProject, imagesOf, startForgettingRegistry } from '../support/build-project.ts'
import { runBundle } from '../support/bundle.ts'
import { requireTools } from '../support/lab/tools.ts'
import { registryUser, type TestRegistry } from '../support/registry.ts'

let guarded: TestRegistry
let project: BuildProject

beforeAll(async () => {
  await requireTools()
  guarded = await startForgettingRegistry('login')
})
afterAll(() => guarded[Symbol.asyncDispose]())

beforeEach(async () => {
  project = await BuildProject.create()
})
afterEach(() => project[Symbol.asyncDispose]())

describe('a registry that wants a login', () => {
  const login = () => ({
    registry: guarded.address,
    'registry-username': registryUser.name,
    'registry-password': registryUser.password,
  })

  beforeEach(() => project.compose(`services: { api: { image: '${guarded.address}/shop/api', build: ./api } }`))

  test('gets it on stdin, in a configuration that is gone afterwards', async () => {
    await mkdir(join(project.home, '.docker'), { recursive: true })
    const config = JSON.stringify({ auths: { 'other.example': { auth: 'b3RoZXI6b3RoZXI=' } } })
    await writeFile(join(project.home, '.docker/config.json'), config)
    const result = await project.build(login())

    expect(result.code).toBe(0)
    expect(await guarded.digest('shop/api', '1.2.3')).toBe(imagesOf(result)['api']?.digest)
    expect(await readFile(join(project.home, '.docker/config.json'), 'utf8')).toBe(config)
    expect(existsSync(result.state['folder'] ?? '')).toBe(false)
    for (const secret of [registryUser.password, Buffer.from(`ship:${registryUser.password}`).toString('base64')]) {
      expect(result.stdout.replaceAll(/^::add-mask::.*$/gm, '')).not.toContain(secret)
      expect(await project.calls()).not.toContain(secret)
    }
    expect(await project.calls()).toContain(`login --username ship --password-stdin ${guarded.address}`)
  })

  test('says so when the password is wrong, before anything is built', async () => {
    const result = await project.build({ ...login(), 'registry-password': 'wrong' })
    expect(result.code).toBe(1)
    expect(result.stdout).toContain(`log in to ${guarded.address} as ship: the registry does not accept the login`)
    expect(result.stdout).toContain('State: nothing was built or pushed.')
    expect(await project.calls()).not.toContain('bake')
  })

  test('refuses a push without a login', async () => {
    const result = await project.build()
    expect(result.code).toBe(1)
    expect(result.stdout).toContain('build and push the images: docker buildx bake failed (exit code 1)')
    expect(result.outputs).toEqual({})
  })

  test('is forgotten by the post step of a run that was killed', async () => {
    const folder = join(project.home, 'left-behind')
    await mkdir(folder)
    await writeFile(join(folder, 'config.json'), '{}')
    const state = { isPost: 'true', hasInputs: 'true', folder }
    const result = await runBundle('build-and-push', { state })
    expect(result.code).toBe(0)
    expect(await readdir(project.home)).toEqual(['bin'])
  })
})
