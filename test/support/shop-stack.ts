import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

import { Shop, type ShopFault } from './shop.ts'

export interface Exited {
  readonly code: number
  /** What it printed on both, stdout first. */
  readonly output: string
}

/** A shop that runs on this machine's engine, as a project of its own name, port and images; gone with its data at the end. */
export class ShopStack implements AsyncDisposable {
  readonly shop: Shop
  readonly #project = `shop-${randomBytes(4).toString('hex')}`
  readonly #images = new Set<string>()
  #tag = ''

  private constructor(shop: Shop) {
    this.shop = shop
  }

  /** `registry` is that of a lab, which holds the base images. */
  static async create(registry: string): Promise<ShopStack> {
    return new ShopStack(await Shop.create({ registry }))
  }

  /** Releases a version and builds its images; what is started from now on is of this version. */
  async build(version: string, fault?: ShopFault): Promise<void> {
    await this.shop.release(version, fault)
    this.#tag = `${this.#project}-${version}`
    await this.shop.writeEnv({ HTTP_PORT: '0', POSTGRES_PASSWORD: 'it$ a #1 @/:?', TAG: this.#tag })
    await this.must('build', '--quiet')
    for (const image of (await this.must('config', '--images')).split('\n')) {
      if (image.endsWith(this.#tag)) this.#images.add(image)
    }
  }

  async migrate(): Promise<Exited> {
    await this.must('up', '--detach', '--wait', 'db', 'redis')
    return this.compose('run', '--rm', 'api', 'alembic', 'upgrade', 'head')
  }

  /** Runs `docker compose` with the files of production; never rejects for what it exits with. */
  compose(...args: readonly string[]): Promise<Exited> {
    const files = ['-f', 'compose.yml', '-f', 'compose.production.yml']
    return this.#docker('compose', '--progress', 'quiet', '--project-name', this.#project, ...files, ...args)
  }

  /** As `compose`, but rejects unless it exits with 0; resolves to what it printed, trimmed. */
  async must(...args: readonly string[]): Promise<string> {
    const { code, output } = await this.compose(...args)
    if (code !== 0) throw new Error(`docker compose ${args.join(' ')} exited with ${code}:\n${output}`)
    return output.trim()
  }

  /** Runs one SQL statement; resolves to its rows, columns separated by `|`. */
  query(sql: string): Promise<string> {
    return this.must('exec', '-T', 'db', 'psql', '-U', 'shop', '-d', 'shop', '-Atc', sql)
  }

  /** Base URL of nginx from outside; another one after nginx was recreated. */
  async url(): Promise<string> {
    return `http://127.0.0.1:${(await this.must('port', 'nginx', '80')).split(':').at(-1) ?? ''}`
  }

  /** Asks nginx from outside; 5 seconds at most. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${await this.url()}${path}`, { ...init, signal: AbortSignal.timeout(5000) })
  }

  /** Orders one piece of the first product; resolves to the order's id. */
  async order(): Promise<number> {
    const headers = { 'content-type': 'application/json' }
    const response = await this.fetch('/api/orders', { method: 'POST', headers, body: '{"product_id":1}' })
    if (response.status !== 201) throw new Error(`The order was answered with ${response.status}.`)
    return ((await response.json()) as { id: number }).id
  }

  /** Waits until a worker has done an order. */
  async orderDone(id: number): Promise<void> {
    const deadline = Date.now() + 15_000
    while (Date.now() < deadline) {
      const { state } = (await (await this.fetch(`/api/orders/${id}`)).json()) as { state: string }
      if (state === 'done') return
      await sleep(200)
    }
    throw new Error(`Order ${id} was not done within 15 seconds.`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.compose('down', '--timeout', '1', '--volumes', '--remove-orphans')
    if (this.#images.size > 0) await this.#docker('image', 'rm', '--force', ...this.#images)
    await this.shop[Symbol.asyncDispose]()
  }

  #docker(...args: readonly string[]): Promise<Exited> {
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] }
    return new Promise((resolve) => {
      execFile('docker', args, { cwd: this.shop.path, env }, (error, stdout, stderr) => {
        resolve({
          code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1,
          output: stdout + stderr,
        })
      })
    })
  }
}
