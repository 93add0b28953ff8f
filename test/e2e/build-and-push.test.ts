import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { requireImages } from '../support/lab/images/build.ts'
import { requireTools } from '../support/lab/tools.ts'
import { runBundle } from '../support/bundle.ts'
import type { BundleRun } from '../support/bundle.ts'
import { registryUser, startRegistry } from '../support/registry.ts'
import type { TestRegistry } from '../support/registry.ts'

const run = promisify(execFile)
const sha = '0123456789abcdef0123456789abcdef01234567'

interface Image {
  readonly repository: string
  readonly digest: string
  readonly tags: readonly string[]
  readonly platforms: Readonly<Record<string, number>>
}
type Images = Readonly<Record<string, Image>>

let registry: TestRegistry
let guarded: TestRegistry
/** An image in the local engine that has a shell. */
let shell: string
/** Of this test alone: a project, a home without Docker's configuration, and a client that writes down how it is called. */
let workspace: string
let home: string
let calls: string

beforeAll(async () => {
  await requireTools()
  shell = (await requireImages()).registry
  ;[registry, guarded] = await Promise.all([startRegistry(), startRegistry('login')])
})

afterAll(async () => {
  for (const { address } of [registry, guarded]) {
    const { stdout } = await run('docker', ['images', '--quiet', '--filter', `reference=${address}/*/*`])
    const ids = [...new Set(stdout.split('\n').filter((id) => id !== ''))]
    if (ids.length > 0) await run('docker', ['rmi', '--force', ...ids])
  }
  await registry[Symbol.asyncDispose]()
  await guarded[Symbol.asyncDispose]()
})

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'estiba-build-test-'))
  ;[workspace, home, calls] = [join(folder, 'workspace'), join(folder, 'home'), join(folder, 'calls')]
  await mkdir(join(workspace, 'api'), { recursive: true })
  await mkdir(join(home, 'bin'), { recursive: true })
  await writeFile(join(workspace, 'api/server'), 'serve')
  await writeFile(join(workspace, 'api/Dockerfile'), 'FROM scratch\nCOPY server /\n')
  await writeFile(calls, '')
  const { stdout } = await run('sh', ['-c', 'command -v docker'])
  const client = join(home, 'bin/docker')
  await writeFile(client, `#!/bin/sh\nprintf '%s\\n' "$*" >>'${calls}'\nexec '${stdout.trim()}' "$@"\n`)
  await chmod(client, 0o755)
})

afterEach(async () => {
  await rm(join(workspace, '..'), { recursive: true, force: true })
})

/** A Dockerfile that runs a command, in an image that the lab has made, and keeps nothing of it but a mark. */
function running(options: string, command: string): string {
  return `FROM ${shell} AS shell
# Secrets are no part of the cache's key; this is, and makes the command run each time.
ENV TEST=${workspace}
RUN ${options} ${command} && touch /mark
FROM scratch
COPY --from=shell /mark /
`
}

async function compose(text: string, file = 'compose.yml'): Promise<void> {
  await writeFile(join(workspace, file), text)
}

function build(
  inputs: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<BundleRun> {
  return runBundle('build-and-push', {
    inputs,
    ...(signal && { signal }),
    env: {
      HOME: home,
      PATH: `${join(home, 'bin')}:${process.env['PATH'] ?? ''}`,
      GITHUB_WORKSPACE: workspace,
      GITHUB_REF: 'refs/tags/v1.2.3',
      GITHUB_SHA: sha,
      ...env,
    },
  })
}

const imagesOf = (result: BundleRun) => JSON.parse(result.outputs['images'] ?? '') as Images

describe('a project that builds', () => {
  test('is pushed under all tags; the registry serves the digests that are handed on', async () => {
    await compose(`
      services:
        api: { image: '${registry.address}/shop/api:dev', build: { context: ./api, args: { VERSION: "\${VERSION}" } } }
        worker: { image: '${registry.address}/shop/api:dev', command: [work] }
        page: { image: '${registry.address}/shop/page', build: { dockerfile_inline: "FROM scratch\\nCOPY page /" } }
        tool: { image: '${registry.address}/shop/tool', profiles: [tools], build: { additional_contexts: { base: "service:api" }, dockerfile_inline: "FROM base" } }
        database: { image: 'postgres:16' }
    `)
    await writeFile(join(workspace, 'page'), 'hello')
    const result = await build({ env: 'VERSION=7' })

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
    await compose(`services: { api: { image: '${registry.address}/shop/dated', build: ./api } }`)
    const git = (...args: string[]) =>
      run('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: workspace })
    await git('init', '--quiet')
    await git('add', '.')
    await git('commit', '--quiet', '--message', 'One', '--date', '2026-01-02T03:04:05Z')
    const head = (await git('rev-parse', 'HEAD')).stdout.trim()
    const committed = (await git('log', '-1', '--format=%cI')).stdout.trim()

    expect((await build({}, { GITHUB_SHA: head })).code).toBe(0)
    expect(await registry.labels('shop/dated', '1.2.3')).toMatchObject({
      'org.opencontainers.image.created': committed,
      'org.opencontainers.image.revision': head,
    })

    const other = await build()
    expect(other.stdout).toContain(`Commit ${head} is checked out, not that of the run`)
    expect(other.outputs['tags']).toBe(`sha-${head.slice(0, 12)}\n${head}`)
  })

  test('merges compose files in a folder of its own, and takes tags as they are given', async () => {
    await mkdir(join(workspace, 'stack/deploy'), { recursive: true })
    await cp(join(workspace, 'api'), join(workspace, 'stack/api'), { recursive: true })
    await compose('services: { api: { build: { context: ./api, labels: { a: one, b: one } } } }', 'stack/compose.yml')
    await compose('services: { api: { build: { labels: { b: "$${two}" } } } }', 'stack/deploy/more.yml')
    const result = await build({
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
    await writeFile(
      join(workspace, 'api/Dockerfile'),
      running('--mount=type=secret,id=token', 'wc -c /run/secrets/token'),
    )
    await compose(`
      services: { api: { image: '${registry.address}/shop/secret', build: { context: ./api, secrets: [token] } } }
      secrets: { token: { environment: NPM_TOKEN } }
    `)
    const result = await build({ env: "NPM_TOKEN='s3cret-value-42'" })
    expect(result.code).toBe(0)
    expect(result.stdout).toContain('15 /run/secrets/token')
    expect(result.stdout.replaceAll(/^::add-mask::.*$/gm, '')).not.toContain('s3cret-value-42')
    expect(await readFile(calls, 'utf8')).not.toContain('s3cret-value-42')

    const without = await build()
    expect(without.code).toBe(1)
    expect(without.stdout).toContain('a secret of the build is read from NPM_TOKEN')
  })

  test('without push leaves the registry alone', async () => {
    await compose(`services: { api: { image: '${registry.address}/shop/checked', build: ./api } }`)
    const result = await build({ push: 'false' })
    expect(result.code).toBe(0)
    expect(result.outputs['images']).toBe('{}')
    expect(await registry.digest('shop/checked', '1.2.3')).toBeUndefined()
  })
})

describe('a registry that wants a login', () => {
  const login = () => ({
    registry: guarded.address,
    'registry-username': registryUser.name,
    'registry-password': registryUser.password,
  })

  beforeEach(() => compose(`services: { api: { image: '${guarded.address}/shop/api', build: ./api } }`))

  test('gets it on stdin, in a configuration that is gone afterwards', async () => {
    await mkdir(join(home, '.docker'), { recursive: true })
    const config = JSON.stringify({ auths: { 'other.example': { auth: 'b3RoZXI6b3RoZXI=' } } })
    await writeFile(join(home, '.docker/config.json'), config)
    const result = await build(login())

    expect(result.code).toBe(0)
    expect(await guarded.digest('shop/api', '1.2.3')).toBe(imagesOf(result)['api']?.digest)
    expect(await readFile(join(home, '.docker/config.json'), 'utf8')).toBe(config)
    expect(existsSync(result.state['folder'] ?? '')).toBe(false)
    for (const secret of [registryUser.password, Buffer.from(`ship:${registryUser.password}`).toString('base64')]) {
      expect(result.stdout.replaceAll(/^::add-mask::.*$/gm, '')).not.toContain(secret)
      expect(await readFile(calls, 'utf8')).not.toContain(secret)
    }
    expect(await readFile(calls, 'utf8')).toContain(`login --username ship --password-stdin ${guarded.address}`)
  })

  test('says so when the password is wrong, before anything is built', async () => {
    const result = await build({ ...login(), 'registry-password': 'wrong' })
    expect(result.code).toBe(1)
    expect(result.stdout).toContain(`log in to ${guarded.address} as ship: the registry does not accept the login`)
    expect(result.stdout).toContain('State: nothing was built or pushed.')
    expect(await readFile(calls, 'utf8')).not.toContain('bake')
  })

  test('refuses a push without a login', async () => {
    const result = await build()
    expect(result.code).toBe(1)
    expect(result.stdout).toContain('build and push the images: docker buildx bake failed (exit code 1)')
    expect(result.outputs).toEqual({})
  })

  test('is forgotten by the post step of a run that was killed', async () => {
    const folder = join(home, 'left-behind')
    await mkdir(folder)
    await writeFile(join(folder, 'config.json'), '{}')
    const state = { isPost: 'true', hasInputs: 'true', folder }
    const result = await runBundle('build-and-push', { state })
    expect(result.code).toBe(0)
    expect(await readdir(home)).toEqual(['bin'])
  })
})

describe('a project that does not', () => {
  const error = async (inputs: Readonly<Record<string, string>> = {}) => {
    const result = await build(inputs)
    expect(result.code).toBe(1)
    return /^::error::(.*)$/m.exec(result.stdout)?.[1]?.replaceAll('%0A', '\n') ?? ''
  }

  test('for a broken compose file the message names file and line', async () => {
    await compose('services:\n  api:\n    build: ./api\n   image: x\n')
    expect(await error()).toMatch(/^compose\.yml:4:\d+: /)
  })

  test('for a missing compose file it names those that are there', async () => {
    await compose('services: {}', 'docker-compose.yml')
    expect(await error()).toBe(`compose-files: there is no compose.yml in ${workspace}. There are docker-compose.yml.`)
  })

  test('for what Compose refuses it gives its words', async () => {
    await compose('services: { api: { build: ./api, imaeg: x } }')
    expect(await error()).toMatch(/^Compose refuses compose\.yml:\n.*imaeg/s)
  })

  test('for a failing Dockerfile it shows the last lines, and nothing is pushed', async () => {
    await writeFile(join(workspace, 'api/Dockerfile'), 'FROM scratch\nCOPY absent /\n')
    await compose(`services: { api: { image: '${registry.address}/shop/broken', build: ./api } }`)
    const message = await error()
    expect(message).toContain('build and push the images: docker buildx bake failed (exit code 1)\n')
    expect(message).toContain('>>> COPY absent /')
    expect(await registry.digest('shop/broken', '1.2.3')).toBeUndefined()
  })

  test('for a cancelled job it says so at once, and takes its folder away', async () => {
    await writeFile(join(workspace, 'api/Dockerfile'), running('', 'sleep 8'))
    await compose(`services: { api: { image: '${registry.address}/shop/cancelled', build: ./api } }`)
    const result = await build({}, {}, AbortSignal.timeout(4000))
    expect(result.code).toBe(1)
    expect(result.stdout).toContain('::error::run: the job was cancelled (SIGINT)')
    expect(existsSync(result.state['folder'] ?? '')).toBe(false)
  })

  test('for nothing to build it says that', async () => {
    await compose('services: { database: { image: postgres } }')
    expect(await error()).toBe('No service of the compose files has a build section: there is nothing to build.')
  })
})
