import { type BundleRun, runBundle } from './bundle.ts'
import type { LabHost } from './lab/lab.ts'
import { must } from './lab/must.ts'
import { formatEnv, type Shop, type ShopFault } from './shop.ts'

/** Where and as what a shop is deployed; each test file has a name and a port of its own. */
export interface Place {
  readonly stack: string
  readonly port: number
}

/** A shop in a repository, and a server that it is deployed to by the bundles as they ship. */
export class ShopOnHost {
  readonly shop: Shop
  readonly host: LabHost
  readonly #place: Place

  constructor(shop: Shop, host: LabHost, place: Place) {
    this.shop = shop
    this.host = host
    this.#place = place
  }

  get path(): string {
    return `/home/deploy/${this.#place.stack}`
  }

  get env(): string {
    return formatEnv({ HTTP_PORT: String(this.#place.port), POSTGRES_PASSWORD: 'pass$word #1' })
  }

  get connection(): Record<string, string> {
    const { ssh, privateKey, knownHosts } = this.host
    return {
      host: `${ssh.user}@${ssh.host}:${ssh.port}`,
      'ssh-key': privateKey,
      'known-hosts': knownHosts,
      path: this.path,
    }
  }

  /** Commits a version, builds and pushes it; resolves to the output `images`. */
  async build(version: string, fault: ShopFault = 'none'): Promise<string> {
    await this.shop.release(version, fault)
    const run = await this.step('build-and-push', { 'project-directory': this.shop.path, env: this.env })
    const images = run.outputs['images']
    if (run.code !== 0 || images === undefined) throw new Error(`build-and-push failed:\n${run.stdout}`)
    return images
  }

  /** Inputs of deploy-over-ssh for a release of what was built. */
  release(version: string, images: string): Record<string, string> {
    return {
      ...this.connection,
      stack: this.#place.stack,
      'project-directory': this.shop.path,
      'compose-files': 'compose.yml\ncompose.production.yml',
      env: this.env,
      images,
      version,
      'healthy-within': '60s',
    }
  }

  async step(
    action: string,
    inputs: Readonly<Record<string, string>>,
    state?: Record<string, string>,
  ): Promise<BundleRun> {
    const sha = await this.shop.git('rev-parse', 'HEAD')
    return runBundle(action, {
      inputs,
      ...(state && { state }),
      env: { GITHUB_SHA: sha, GITHUB_WORKSPACE: this.shop.path },
    })
  }

  /** Deploys in one step, without checks from outside. */
  deploy(version: string, images: string, more: Readonly<Record<string, string>> = {}): Promise<BundleRun> {
    return this.step('deploy-over-ssh', { ...this.release(version, images), 'confirm-without-checks': 'true', ...more })
  }

  /** A later phase of a transaction. */
  phase(name: string, transaction: string, more: Readonly<Record<string, string>> = {}): Promise<BundleRun> {
    return this.step('deploy-over-ssh', { ...this.connection, phase: name, transaction, ...more })
  }

  migrate(transaction: string, more: Readonly<Record<string, string>> = {}): Promise<BundleRun> {
    return this.step('run-migrations', {
      ...this.connection,
      transaction,
      service: 'api',
      command: 'alembic upgrade head',
      'database-service': 'db',
      ...more,
    })
  }

  rollBack(more: Readonly<Record<string, string>> = {}): Promise<BundleRun> {
    return this.step('rollback', { ...this.connection, stack: this.#place.stack, ...more })
  }

  /** Removes the stack, its data apart. */
  remove(more: Readonly<Record<string, string>> = {}): Promise<BundleRun> {
    const { stack } = this.#place
    return this.step('remove-stack', { ...this.connection, stack, confirm: stack, ...more })
  }

  /** The version that answers, as seen from outside; the status where it isn't 200. */
  async answers(): Promise<string> {
    try {
      const response = await fetch(`${this.host.url(this.#place.port)}/api/products`, {
        signal: AbortSignal.timeout(5000),
      })
      return response.status === 200 ? (response.headers.get('x-version') ?? 'no version') : String(response.status)
    } catch (error) {
      return error instanceof Error ? error.name : 'no answer'
    }
  }

  /** Runs a command as root on the host; throws unless it exits with 0. */
  must(command: string): Promise<string> {
    return must(this.host, command)
  }

  /** Ids of the stack's containers by service, for what must not be recreated. */
  async containers(): Promise<Record<string, string>> {
    const format = '{{.Label "com.docker.compose.service"}} {{.ID}}'
    const lines = await this.must(
      `docker ps --filter label=com.docker.compose.project=${this.#place.stack} --format '${format}' | sort`,
    )
    return Object.fromEntries(
      lines.split('\n').map((line): [string, string] => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']),
    )
  }

  /** Its transactions, oldest first. */
  async ledger(): Promise<readonly Record<string, unknown>[]> {
    const lines = (await this.must(`cat ${this.path}/ledger.jsonl`)).split('\n')
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  }

  /** One SQL statement on the shop's database. */
  query(sql: string): Promise<string> {
    const db = `$(docker ps --quiet --filter label=com.docker.compose.project=${this.#place.stack} --filter label=com.docker.compose.service=db)`
    return this.must(`docker exec ${db} psql -U shop -d shop -Atc "${sql}"`)
  }

  /** Orders one piece of the first product; resolves to the order's id. */
  async order(): Promise<number> {
    const response = await fetch(`${this.host.url(this.#place.port)}/api/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"product_id":1}',
      signal: AbortSignal.timeout(5000),
    })
    if (response.status !== 201) throw new Error(`The order was answered with ${response.status}.`)
    return ((await response.json()) as { id: number }).id
  }
}
