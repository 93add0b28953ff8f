import { execFile } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { Shop, shopFaults } from '../support/shop.ts'

const run = promisify(execFile)
const files = ['compose.yml', 'compose.staging.yml', 'compose.production.yml'] as const
const password = 'it$ a #1 "secret" ${HOME}'

interface Service {
  readonly image: string
  readonly build?: { readonly context: string; readonly args: Readonly<Record<string, string>> }
  readonly environment?: Readonly<Record<string, string>>
  readonly restart?: string
  readonly deploy?: { readonly replicas?: number }
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly container_name?: string
}

let shop: Shop

beforeEach(async () => {
  shop = await Shop.create()
})

afterEach(async () => {
  await shop[Symbol.asyncDispose]()
})

/** The services as Compose sees them, from the given files in the shop's folder and nothing of this machine. */
async function render(...names: readonly string[]): Promise<Readonly<Record<string, Service>>> {
  const args = ['compose', ...names.flatMap((name) => ['-f', name]), 'config', '--format', 'json']
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] }
  const { stdout } = await run('docker', args, { cwd: shop.path, env })
  return (JSON.parse(stdout) as { services: Record<string, Service> }).services
}

function table(services: Readonly<Record<string, Service>>): string {
  return Object.entries(services)
    .map(([name, { image, restart, deploy, environment }]) =>
      [name, image, restart, `x${deploy?.replicas ?? 1}`, environment?.['LOG_LEVEL'] ?? '-'].join(' '),
    )
    .join('\n')
}

describe('the stack', () => {
  test('is rendered for staging', async () => {
    await shop.writeEnv({ POSTGRES_PASSWORD: password })
    expect(table(await render('compose.yml', 'compose.staging.yml'))).toMatchInlineSnapshot(`
      "api ghcr.io/example/shop-api:dev unless-stopped x1 debug
      db postgres:15 unless-stopped x1 -
      frontend ghcr.io/example/shop-frontend:dev unless-stopped x1 debug
      nginx nginx:1.28 unless-stopped x1 -
      redis redis:7 unless-stopped x1 -
      scheduler ghcr.io/example/shop-api:dev unless-stopped x1 debug
      worker ghcr.io/example/shop-api:dev unless-stopped x1 debug"
    `)
  })

  test('is rendered for production', async () => {
    await shop.writeEnv({ POSTGRES_PASSWORD: password, TAG: 'v1.2.3', REGISTRY: 'registry.example/team' })
    expect(table(await render('compose.yml', 'compose.production.yml'))).toMatchInlineSnapshot(`
      "api registry.example/team/shop-api:v1.2.3 always x1 warning
      db postgres:15 always x1 -
      frontend registry.example/team/shop-frontend:v1.2.3 always x1 warning
      nginx nginx:1.28 always x1 -
      redis redis:7 always x1 -
      scheduler registry.example/team/shop-api:v1.2.3 always x1 warning
      worker registry.example/team/shop-api:v1.2.3 always x2 warning"
    `)
  })

  test.each(['staging', 'production'])('wants a password for the database of %s', async (name) => {
    await expect(render('compose.yml', `compose.${name}.yml`)).rejects.toThrow(`set POSTGRES_PASSWORD for ${name}`)
  })

  test('takes any character in the password', async () => {
    await shop.writeEnv({ POSTGRES_PASSWORD: password })
    const services = await render('compose.yml', 'compose.production.yml')
    const seen = ['db', 'api', 'worker', 'scheduler'].map((name) => services[name]?.environment?.['POSTGRES_PASSWORD'])
    // Compose doubles the dollar in what it renders, since that can be read as a compose file again.
    expect(seen).toEqual(Array(4).fill(password.replaceAll('$', '$$$$')))
  })

  test('has two images of its own, each built once', async () => {
    const services = await render('compose.yml')
    const built = Object.entries(services).filter(([, { build }]) => build !== undefined)
    expect(built.map(([name, { image }]) => [name, image])).toEqual([
      ['api', 'ghcr.io/example/shop-api:dev'],
      ['frontend', 'ghcr.io/example/shop-frontend:dev'],
    ])
    expect([services['worker']?.image, services['scheduler']?.image]).toEqual(Array(2).fill(services['api']?.image))
  })

  test('has a health check for each service, and no name that only one container can have', async () => {
    for (const [name, { healthcheck, container_name }] of Object.entries(await render('compose.yml'))) {
      expect(healthcheck?.test.length, name).toBeGreaterThan(1)
      expect(container_name, name).toBeUndefined()
    }
  })
})

describe('the documents', () => {
  test('.env.example names the variables of the compose files, and no others', async () => {
    const used = new Set<string>()
    for (const file of files) {
      for (const [, name = ''] of (await shop.read(file)).matchAll(/(?<!\$)\$\{(\w+)/g)) used.add(name)
    }
    const documented = [...(await shop.read('.env.example')).matchAll(/^(\w+)=/gm)].map(([, name]) => name)
    expect(documented.sort()).toEqual([...used].sort())
  })

  test('the README documents each argument of the Dockerfiles, and compose.yml passes it', async () => {
    const readme = await shop.read('README.md')
    const services = await render('compose.yml')
    for (const name of ['api', 'frontend']) {
      const args = [...(await shop.read(`${name}/Dockerfile`)).matchAll(/^ARG (\w+)=(.*)$/gm)]
      expect(Object.fromEntries(args.map(([, arg, value]) => [arg, value]))).toEqual(services[name]?.build?.args)
      for (const [, arg = ''] of args) expect(readme).toMatch(new RegExp(`^\\| \`${arg}\` +\\|`, 'm'))
    }
  })

  test('the README documents each fault, and the code has it', async () => {
    const [, faults = ''] = (await shop.read('README.md')).split('## Faults to rehearse')
    expect([...faults.matchAll(/^\| `([\w-]+)` +\| [^|]*\w/gm)].map(([, fault]) => fault).slice(1)).toEqual(shopFaults)
    const frontend = await shop.read('frontend/fault.js')
    const api = `${await shop.read('api/shop/fault.py')}${await shop.read('api/Dockerfile')}`
    for (const fault of shopFaults) {
      expect(api, fault).toContain(fault)
      if (fault !== 'failing-migration') expect(frontend, fault).toContain(`'${fault}'`)
    }
  })
})

describe('a repository made of it', () => {
  test('is clean, on main, with one commit, and ignores what is secret', async () => {
    await shop.writeEnv({ POSTGRES_PASSWORD: password })
    expect(await shop.git('status', '--porcelain', '--branch')).toBe('## main')
    expect(await shop.git('rev-list', '--count', 'HEAD')).toBe('1')
    expect((await stat(join(shop.path, '.env'))).mode & 0o777).toBe(0o600)
  })

  test('carries version and fault of a release in its commit', async () => {
    const first = await shop.git('rev-parse', 'HEAD')
    const second = await shop.release('v3', 'never-healthy')
    expect(second).not.toBe(first)
    const { api, frontend } = await render('compose.yml')
    expect(api?.build?.args).toMatchObject({ VERSION: 'v3', FAULT: 'never-healthy' })
    expect(frontend?.build?.args).toMatchObject({ VERSION: 'v3', FAULT: 'never-healthy' })
  })

  test('is a straight line of migrations, new ones last', async () => {
    expect(await shop.addMigration('stock', 'ALTER TABLE products ADD COLUMN stock integer')).toBe('0004')
    const names = (await readdir(join(shop.path, 'api/migrations/versions'))).sort()
    const links = await Promise.all(
      names.map(async (name) => {
        const text = await shop.read(`api/migrations/versions/${name}`)
        return [/^revision = (.*)$/m, /^down_revision = (.*)$/m]
          .map((pattern) => pattern.exec(text)?.[1])
          .join(' after ')
      }),
    )
    expect(links).toEqual(["'0001' after None", "'0002' after '0001'", "'0003' after '0002'", "'0004' after '0003'"])
  })

  test('names the images of the registry it is made for', async () => {
    await using other = await Shop.create({ registry: '127.0.0.1:5001' })
    const compose = await other.read('compose.yml')
    const defaults = [...compose.matchAll(/\$\{(\w+(?:_IMAGE|_BASE|REGISTRY)|REGISTRY):-([^}]*)\}/g)]
    expect(new Set(defaults.map(([, name, value = '']) => `${name ?? ''} ${value}`))).toEqual(
      new Set([
        'REGISTRY 127.0.0.1:5001',
        'NGINX_IMAGE 127.0.0.1:5001/lab/nginx:1',
        'POSTGRES_IMAGE 127.0.0.1:5001/lab/postgres:1',
        'REDIS_IMAGE 127.0.0.1:5001/lab/redis:1',
        'NODE_BASE 127.0.0.1:5001/lab/node:1',
        'PYTHON_BASE 127.0.0.1:5001/lab/python:1',
      ]),
    )
  })
})
