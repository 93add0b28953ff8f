import { GitHubDouble } from '../github/double.ts'
import type { Lab, LabHost } from '../lab/lab.ts'
import { formatEnv, Shop, type ShopFault } from '../shop.ts'
import { ActRun, type ActOptions } from './act.ts'
import { copyCaller } from './caller.ts'
import type { ActResult } from './result.ts'

export interface Place {
  /** Of the stack; each test file has its own. */
  readonly stack: string
  /** That the stack publishes on both servers. */
  readonly port: number
}

type Environment = 'staging' | 'production'
type Run = Pick<ActOptions, 'workflow' | 'event' | 'ref'> & Partial<ActOptions>

const CALLERS = ['staging.yml', 'production.yml', 'rollback.yml', 'pull-request.yml']

/** A team with the shop in a repository, the callers copied into it, two servers, and GitHub, which act and the double play. */
export class Team implements AsyncDisposable {
  readonly shop: Shop
  readonly github: GitHubDouble
  readonly #lab: Lab
  readonly #place: Place

  private constructor(shop: Shop, github: GitHubDouble, lab: Lab, place: Place) {
    this.shop = shop
    this.github = github
    this.#lab = lab
    this.#place = place
  }

  static async create(lab: Lab, place: Place): Promise<Team> {
    const [shop, github] = [await Shop.create({ registry: lab.registry.url }), await GitHubDouble.start()]
    const team = new Team(shop, github, lab, place)
    github.addEnvironment('staging')
    github.addEnvironment('production', ['alice'])
    await shop.git('remote', 'add', 'origin', `https://github.com/${github.repository}.git`)
    await team.copyCallers()
    return team
  }

  /** Copies the callers with what this team adds; committed with the next release. */
  async copyCallers(added: Readonly<Record<string, string | boolean>> = {}): Promise<void> {
    const { stack } = this.#place
    const pipeline = { ...PIPELINE, stack, registry: this.#lab.registry.url, ...added }
    for (const name of CALLERS) {
      const own = { 'staging.yml': pipeline, 'production.yml': pipeline, 'rollback.yml': { stack } }[name] ?? {}
      await copyCaller(this.shop.path, name, { with: own })
    }
  }

  /** Commits a version; resolves to the commit. */
  release(version: string, fault?: ShopFault): Promise<string> {
    return this.shop.release(version, fault)
  }

  push(more: Partial<ActOptions> = {}): Promise<ActResult> {
    return this.#toEnd('staging', { workflow: 'staging.yml', event: 'push', ref: 'refs/heads/main', ...more })
  }

  /** Starts the run of a push and hands it over, to be watched or killed. */
  startPush(): Promise<ActRun> {
    return this.#start('staging', { workflow: 'staging.yml', event: 'push', ref: 'refs/heads/main' })
  }

  async tag(name: string, more: Partial<ActOptions> = {}): Promise<ActResult> {
    await this.shop.git('tag', name)
    return this.#toEnd('production', { workflow: 'production.yml', event: 'push', ref: `refs/tags/${name}`, ...more })
  }

  rollBack(environment: Environment, to = ''): Promise<ActResult> {
    const inputs = { environment, to }
    return this.#toEnd(environment, {
      workflow: 'rollback.yml',
      event: 'workflow_dispatch',
      ref: 'refs/heads/main',
      inputs,
    })
  }

  pullRequest(): Promise<ActResult> {
    return this.#toEnd('staging', { workflow: 'pull-request.yml', event: 'pull_request', ref: 'refs/pull/7/merge' })
  }

  host(environment: Environment): LabHost {
    return this.#lab[environment]
  }

  /** What an environment's variables and secrets hold; act has one set of each, so a run gets those of one environment. */
  settings(environment: Environment) {
    const { ssh, privateKey, knownHosts } = this.host(environment)
    return {
      variables: {
        SSH_HOST: `${ssh.user}@${ssh.host}:${ssh.port}`,
        SSH_KNOWN_HOSTS: knownHosts,
        STACK_PATH: `/home/deploy/${this.#place.stack}`,
        BASE_URL: this.url(environment),
      },
      secrets: {
        SSH_KEY: privateKey,
        ENV_FILE: formatEnv({ HTTP_PORT: String(this.#place.port), POSTGRES_PASSWORD: 'pass$word #1' }),
      },
    }
  }

  url(environment: Environment): string {
    return this.host(environment).url(this.#place.port)
  }

  /** The version that an environment answers with, as seen from outside; else the status, or what went wrong. */
  async answers(environment: Environment): Promise<string> {
    try {
      const response = await fetch(`${this.url(environment)}/api/products`, { signal: AbortSignal.timeout(5000) })
      return response.status === 200 ? (response.headers.get('x-version') ?? 'no version') : String(response.status)
    } catch (error) {
      return error instanceof Error ? error.name : 'no answer'
    }
  }

  /** Images of the containers of the stack that were built, with their digests, sorted. */
  async images(environment: Environment): Promise<readonly string[]> {
    const filter = `label=com.docker.compose.project=${this.#place.stack}`
    // `docker ps` shows names without their digests.
    const inspect = "xargs --no-run-if-empty docker inspect --format '{{.Config.Image}}'"
    const { stdout } = await this.host(environment).exec(`docker ps --quiet --filter ${filter} | ${inspect}`)
    return [...new Set(stdout.split('\n').filter((image) => image.includes('/shop-')))].sort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.github[Symbol.asyncDispose]()
    await this.shop[Symbol.asyncDispose]()
  }

  async #toEnd(environment: Environment, run: Run): Promise<ActResult> {
    await using started = await this.#start(environment, run)
    return await started.result()
  }

  #start(environment: Environment, run: Run): Promise<ActRun> {
    return ActRun.start({ app: this.shop.path, github: this.github, ...this.settings(environment), ...run })
  }
}

/** What the team says of its stack beyond what the callers come with. */
const PIPELINE = {
  'migration-command': 'alembic upgrade head',
  'migration-service': 'api',
  'database-service': 'db',
  'old-code-can-run': true,
  'healthy-within': '90s',
  checks: '- path: /api/products\n- path: /\n',
}
