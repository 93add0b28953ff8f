import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'

import { type BaseImage, baseImageRef } from './lab/images/index.ts'

const run = promisify(execFile)
const example = join(import.meta.dirname, '../../examples/shop')
const left = new Set(['.env', 'data', 'node_modules', '__pycache__'])

/** What the images of the shop can be built with; examples/shop/README.md says what each does. */
export const shopFaults = [
  'none',
  'crash-at-start',
  'crash-after-10s',
  'never-healthy',
  'slow-start',
  'errors',
  'failing-migration',
] as const

export type ShopFault = (typeof shopFaults)[number]

/** The variables by which compose.yml names base images, and which base image each of them is. */
const baseVariables: Readonly<Record<string, BaseImage>> = {
  NODE_BASE: 'node',
  PYTHON_BASE: 'python',
  NGINX_IMAGE: 'nginx',
  POSTGRES_IMAGE: 'postgres',
  REDIS_IMAGE: 'redis',
}

export interface ShopOptions {
  /**
   * `127.0.0.1:PORT` of a lab: the repository's own defaults then name the base images there, and push to it. Without,
   * they name those of Docker Hub.
   */
  readonly registry?: string
}

/** A fresh repository of a team: a copy of examples/shop in a temporary folder, with one commit on `main`. */
export class Shop implements AsyncDisposable {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static async create({ registry }: ShopOptions = {}): Promise<Shop> {
    const shop = new Shop(await mkdtemp(join(tmpdir(), 'shop-')))
    await cp(example, shop.path, { recursive: true, filter: (source) => !left.has(basename(source)) })
    if (registry !== undefined) await shop.#moveTo(registry)
    await shop.git('init', '--quiet', '--initial-branch', 'main')
    await shop.commit('Open the shop')
    return shop
  }

  /** Runs git in the repository, with nobody's configuration but its own; resolves to what it printed, trimmed. */
  async git(...args: readonly string[]): Promise<string> {
    const identity = ['-c', 'user.name=Shop', '-c', 'user.email=shop@example.com']
    const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }
    const { stdout } = await run('git', ['-C', this.path, ...identity, ...args], { env })
    return stdout.trim()
  }

  /** Commits whatever is there; resolves to the commit's full name. */
  async commit(message: string): Promise<string> {
    await this.git('add', '--all')
    await this.git('commit', '--quiet', '--allow-empty', '--message', message)
    return this.git('rev-parse', 'HEAD')
  }

  /** Commits a new version of the code, broken if a fault is given; resolves to the commit's full name. */
  async release(version: string, fault: ShopFault = 'none'): Promise<string> {
    await this.#setDefault('VERSION', version)
    await this.#setDefault('FAULT', fault)
    return this.commit(`Release ${version}`)
  }

  /** Adds a migration of one SQL statement after the last one, for the next commit; resolves to its revision. */
  async addMigration(slug: string, sql: string): Promise<string> {
    const folder = 'api/migrations/versions'
    const last = (await readdir(join(this.path, folder))).sort().at(-1)?.slice(0, 4) ?? '0000'
    const revision = String(Number(last) + 1).padStart(4, '0')
    const lines = [
      'from alembic import op',
      '',
      `revision = '${revision}'`,
      `down_revision = '${last}'`,
      '',
      '',
      'def upgrade():',
      `    op.execute(${JSON.stringify(sql)})`,
      '',
    ]
    await this.write(`${folder}/${revision}_${slug}.py`, lines.join('\n'))
    return revision
  }

  read(path: string): Promise<string> {
    return readFile(join(this.path, path), 'utf8')
  }

  write(path: string, text: string): Promise<void> {
    return writeFile(join(this.path, path), text)
  }

  /** Writes `.env`, which git ignores and only its owner can read. */
  writeEnv(values: Readonly<Record<string, string>>): Promise<void> {
    return writeFile(join(this.path, '.env'), formatEnv(values), { mode: 0o600 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }

  async #moveTo(registry: string): Promise<void> {
    await this.#setDefault('REGISTRY', registry)
    for (const [variable, image] of Object.entries(baseVariables)) {
      await this.#setDefault(variable, baseImageRef(registry, image))
    }
    // Debian packages the driver under the name of its source; only the wheel on PyPI is called -binary.
    const requirements = await this.read('api/requirements.txt')
    await this.write('api/requirements.txt', requirements.replace('psycopg2-binary', 'psycopg2'))
  }

  /** Changes the default of a variable in compose.yml, so that a commit carries it and nobody has to set it. */
  async #setDefault(variable: string, value: string): Promise<void> {
    const before = await this.read('compose.yml')
    const after = before.replaceAll(new RegExp(`\\$\\{${variable}:-[^}]*\\}`, 'g'), () => `\${${variable}:-${value}}`)
    if (!after.includes(`\${${variable}:-${value}}`)) throw new Error(`compose.yml has no default for ${variable}.`)
    await this.write('compose.yml', after)
  }
}

/** The text of an `.env` file that gives Compose these values byte for byte. */
export function formatEnv(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => {
      if (/['\\]/.test(value)) throw new Error(`${name}: a quote or a backslash does not fit between single quotes.`)
      return `${name}='${value}'\n`
    })
    .join('')
}
