import { type BundleRun, runBundle } from '../bundle.ts'
import type { LabHost } from '../lab/lab.ts'
import { must } from '../lab/must.ts'
import { SmallShop, type World } from './small-shop.ts'

/** How the runner reaches the host: directly, or through something that can be broken. */
export interface Way {
  readonly port: number
}

export interface DeployOptions {
  readonly way?: Way
  /** `30s` */
  readonly lease?: string
  /** Kills the runner at once. */
  readonly killed?: AbortSignal
}

/** A step's log as GitHub shows it. */
export function withoutMasks(log: string): string {
  return log.replaceAll(/^::add-mask::.*\n/gm, '')
}

/** The small shop on a host of the lab, deployed by the bundles as they ship. */
export class Site implements AsyncDisposable {
  readonly host: LabHost
  readonly stack: string
  readonly url: string
  readonly #shop: SmallShop
  #versions = 0
  /** The version that serves, as the last deploy left it. */
  live = ''
  /** Seconds that a deploy takes when nothing is in its way. */
  seconds = 0

  private constructor(host: LabHost, stack: string, url: string, shop: SmallShop) {
    this.host = host
    this.stack = stack
    this.url = url
    this.#shop = shop
  }

  /** Deployed twice: the second deploy has a release to come from, as all later ones. */
  static async create(host: LabHost, registry: string, place: { stack: string; port: number }): Promise<Site> {
    const shop = await SmallShop.create(registry, place.port)
    const site = new Site(host, place.stack, `${host.url(place.port)}/`, shop)
    await site.deployWhole()
    await site.deployWhole()
    return site
  }

  get path(): string {
    return `/home/deploy/${this.stack}`
  }

  nextVersion(): string {
    this.#versions += 1
    return `v${this.#versions}`
  }

  /** A deploy that nothing is in the way of. */
  async deployWhole(): Promise<void> {
    const version = this.nextVersion()
    const from = performance.now()
    const { code, stdout } = await this.deploy(version, 'fine')
    if (code !== 0) throw new Error(`the deploy of ${version} failed:\n${withoutMasks(stdout)}`)
    this.seconds = (performance.now() - from) / 1000
    this.live = version
  }

  deploy(version: string, world: World, options: DeployOptions = {}): Promise<BundleRun> {
    return this.#step(version, world, options)
  }

  /** The post step, which GitHub's runner runs however the step itself ended. */
  post(version: string, world: World, { state }: BundleRun): Promise<BundleRun> {
    return this.#step(version, world, {}, state)
  }

  #step(
    version: string,
    world: World,
    { way = this.host.ssh, lease = '60s', killed }: DeployOptions,
    state?: Readonly<Record<string, string>>,
  ): Promise<BundleRun> {
    const { ssh, privateKey, knownHosts } = this.host
    const inputs = {
      host: `${ssh.user}@${ssh.host}:${way.port}`,
      'ssh-key': privateKey,
      'known-hosts': knownHosts.replaceAll(`:${ssh.port} `, `:${way.port} `),
      path: this.path,
      stack: this.stack,
      'project-directory': this.#shop.path,
      env: this.#shop.env(version, world),
      version,
      'healthy-within': world === 'never healthy' ? '6s' : '60s',
      lease,
      keep: '2',
      'base-url': this.url,
      checks: `- path: /trial\n  header: { X-Version: ${version} }\n  timeout: 4s\n  retries: 1\n  every: 1s\n`,
      'github-token': '',
    }
    const env = { GITHUB_WORKSPACE: this.#shop.path }
    return runBundle('deploy-over-ssh', { inputs, env, ...(state && { state }), ...(killed && { killed }) })
  }

  /** Runs a command as root on the host; throws unless it exits with 0. */
  must(command: string): Promise<string> {
    return must(this.host, command)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const containers = `docker ps --all --quiet --filter label=com.docker.compose.project=${this.stack}`
    const networks = `docker network ls --quiet --filter label=com.docker.compose.project=${this.stack}; docker network ls --quiet --filter label=estiba.stack=${this.stack}`
    await this.host.exec(
      `sh ${this.path}/agent leave ${this.path}
       crontab -u deploy -l | grep -v "# estiba ${this.path}$" | crontab -u deploy -
       ${containers} | xargs -r docker rm --force --volumes
       { ${networks}; } | xargs -r docker network rm
       rm -rf ${this.path}`,
    )
    await this.#shop[Symbol.asyncDispose]()
  }
}
