import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BundleRun, runBundle } from '../bundle.ts'
import { addToRegistry } from '../lab/images/build.ts'
import { baseImageRef } from '../lab/images/index.ts'
import type { LabHost } from '../lab/lab.ts'
import { formatEnv } from '../shop.ts'

/** What a release of the busy shop does. */
export type World = 'fine' | 'never healthy' | 'answers errors' | 'dies in trial' | 'deaf in trial' | 'mute in trial'

/** The edges that are a service of the shop. */
export type OwnEdge = 'nginx' | 'caddy' | 'haproxy' | 'traefik'

/** Which edge a busy shop has, and where it runs. `host` and `front` are none of its own services. */
export interface Place {
  readonly edge: OwnEdge | 'host' | 'front'
  readonly stack: string
  readonly port: number
  /** Whether the api writes a row of each request. */
  readonly database?: true
  /** Further variables of the runner's environment. */
  readonly runner?: Readonly<Record<string, string>>
}

/** The files of the stack. */
export const BUSY_SHOP = join(import.meta.dirname, '../../fixtures/busy-shop')

/** A stack that many visitors look at, on a host of the lab, deployed by the bundles as they ship. */
export class BusyShop implements AsyncDisposable {
  readonly url: string
  readonly #host: LabHost
  /** The checkout. */
  readonly project: string
  readonly #place: Place
  readonly #images: Readonly<Record<string, string>>

  private constructor(host: LabHost, registry: string, project: string, place: Place) {
    this.#host = host
    this.project = project
    this.#place = place
    this.url = `${host.url(place.port)}/`
    const program = place.edge === 'host' || place.edge === 'front' ? 'nginx' : place.edge
    this.#images = {
      NODE_IMAGE: baseImageRef(registry, 'node'),
      EDGE_IMAGE: baseImageRef(registry, program),
      POSTGRES_IMAGE: baseImageRef(registry, 'postgres'),
    }
  }

  static async create(host: LabHost, registry: string, place: Place): Promise<BusyShop> {
    const project = await mkdtemp(join(tmpdir(), 'estiba-busy-'))
    await cp(BUSY_SHOP, project, { recursive: true })
    if (place.edge === 'traefik') await addToRegistry(registry, place.edge)
    return new BusyShop(host, registry, project, place)
  }

  /** Changes a file of the checkout. */
  async edit(file: string, what: string, by: string): Promise<void> {
    const path = join(this.project, file)
    const text = await readFile(path, 'utf8')
    if (!text.includes(what)) throw new Error(`${file} does not have: ${what}`)
    await writeFile(path, text.replace(what, by))
  }

  /** A whole deploy: confirmed when the site has answered with its version. */
  deploy(version: string, world: World = 'fine', drain = '3s'): Promise<BundleRun> {
    return this.#step('deploy-over-ssh', this.#release(version, world, drain))
  }

  /** The end of the job that a deploy was in: its post step takes back what is not confirmed. */
  async endJob(version: string, world: World, { state }: BundleRun): Promise<void> {
    const { code, stdout } = await this.#step('deploy-over-ssh', this.#release(version, world, '3s'), state)
    if (code !== 0) throw new Error(`the post step of ${version} exited with ${String(code)}:\n${stdout}`)
  }

  #release(version: string, world: World, drain: string): Readonly<Record<string, string>> {
    return {
      'project-directory': this.project,
      'compose-files': this.files.join('\n'),
      env: this.env(version, world),
      version,
      drain,
      keep: '3',
      'healthy-within': world === 'never healthy' ? '6s' : '60s',
      'base-url': this.url,
      checks: `- path: /trial\n  header: { X-Version: ${version} }\n  timeout: 4s\n  retries: 1\n  every: 1s\n`,
    }
  }

  rollBack(drain = '3s'): Promise<BundleRun> {
    return this.#step('rollback', { drain })
  }

  get stack(): string {
    return this.#place.stack
  }

  get edge(): Place['edge'] {
    return this.#place.edge
  }

  /** The compose files. */
  get files(): readonly string[] {
    return ['compose.yml', `${this.edge}.yml`, ...(this.#place.database ? ['database.yml'] : [])]
  }

  /** The variables of a release, as the text of a dotenv file. */
  env(version: string, world: World = 'fine'): string {
    return formatEnv({ ...this.#images, PORT: String(this.#place.port), VERSION: version, WORLD: world })
  }

  /** Whether a transaction is open; also while the host can't be asked. */
  async isOpen(): Promise<boolean> {
    return (await this.#host.exec(`[ ! -e ${this.path}/open ]`)).code !== 0
  }

  async isOnTrial(): Promise<boolean> {
    const journal = `${this.path}/transactions/$(cat ${this.path}/open)/journal`
    return (await this.#host.exec(`grep -q ' state trial$' ${journal}`)).code === 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const containers = `docker ps --all --quiet --filter label=com.docker.compose.project=${this.#place.stack}`
    await this.#host.exec(`docker rm --force $(${containers}); rm -rf ${this.path}`)
    await rm(this.project, { recursive: true, force: true })
  }

  /** The stack's folder on the host. */
  get path(): string {
    return `/home/deploy/${this.stack}`
  }

  #step(
    action: string,
    more: Readonly<Record<string, string>>,
    state?: Readonly<Record<string, string>>,
  ): Promise<BundleRun> {
    const { ssh, privateKey, knownHosts } = this.#host
    const inputs = {
      host: `${ssh.user}@${ssh.host}:${ssh.port}`,
      'ssh-key': privateKey,
      'known-hosts': knownHosts,
      path: this.path,
      stack: this.#place.stack,
      'github-token': '',
      ...more,
    }
    return runBundle(action, {
      inputs,
      ...(state && { state }),
      env: { GITHUB_WORKSPACE: this.project, ...this.#place.runner },
    })
  }
}
