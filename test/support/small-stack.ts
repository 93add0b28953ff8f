import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BundleOptions, type BundleRun, runBundle } from './bundle.ts'
import { baseImageRef } from './lab/images/index.ts'
import type { LabHost } from './lab/lab.ts'

/** What is seen of a stack from outside. */
export interface Seen {
  /** The results of all transactions of a release, oldest first, as the ledger has them. */
  readonly results: readonly string[]
  /** The value of RELEASE in each container that runs. */
  readonly serving: readonly string[]
  readonly isOpen: boolean
}

/** A stack of one small service on a host of the lab, deployed by the bundle as it ships; each release changes it. */
export class SmallStack implements AsyncDisposable {
  readonly #host: LabHost
  readonly #name: string
  readonly #project: string

  private constructor(host: LabHost, name: string, project: string) {
    this.#host = host
    this.#name = name
    this.#project = project
  }

  /** @param more further services, and what the one needs of them, as text of a compose file with `IMAGE` for theirs */
  static async create(host: LabHost, name: string, registry: string, more = ''): Promise<SmallStack> {
    const project = await mkdtemp(join(tmpdir(), 'estiba-small-'))
    const image = baseImageRef(registry, 'nginx')
    await writeFile(join(project, 'compose.yml'), compose(image) + more.replaceAll('IMAGE', image))
    return new SmallStack(host, name, project)
  }

  /** Where it is, as every action that reaches it is told. */
  get connection(): Readonly<Record<string, string>> {
    const { ssh, privateKey, knownHosts } = this.#host
    return {
      host: `${ssh.user}@${ssh.host}:${ssh.port}`,
      'ssh-key': privateKey,
      'known-hosts': knownHosts,
      path: this.#path,
    }
  }

  /** Inputs of deploy-over-ssh for a release, without checks from outside. */
  inputs(release: string): Readonly<Record<string, string>> {
    return {
      ...this.connection,
      stack: this.#name,
      'project-directory': this.#project,
      env: `RELEASE=${release}`,
      version: release,
      'confirm-without-checks': 'true',
      'github-token': '',
    }
  }

  /** One step of a job. */
  step(action: string, inputs: Readonly<Record<string, string>>, more: BundleOptions = {}): Promise<BundleRun> {
    return runBundle(action, { inputs, env: { GITHUB_WORKSPACE: this.#project }, ...more })
  }

  deploy(
    release: string,
    more: Readonly<Record<string, string>> = {},
    options: BundleOptions = {},
  ): Promise<BundleRun> {
    return this.step('deploy-over-ssh', { ...this.inputs(release), ...more }, options)
  }

  async look(release: string): Promise<Seen> {
    const { stdout } = await this.#host.exec(
      [
        `grep '"version":"${release}"' ${this.#path}/ledger.jsonl; echo ---`,
        `docker ps --quiet --filter label=com.docker.compose.project=${this.#name} | xargs -r docker inspect --format '{{json .Config.Env}}'; echo ---`,
        `ls ${this.#path}/open 2>/dev/null`,
      ].join('; '),
    )
    const [ledger = '', running = '', open = ''] = stdout.split('---\n')
    return {
      results: [...ledger.matchAll(/"result":"(\w+)"/g)].map(([, result]) => result ?? ''),
      serving: [...running.matchAll(/"RELEASE=([^"]+)"/g)].map(([, value]) => value ?? ''),
      isOpen: open.trim() !== '',
    }
  }

  /** The text of a file in the stack's folder. */
  async read(path: string): Promise<string> {
    return (await this.#host.exec(`cat ${this.#path}/${path}`)).stdout
  }

  /** The ids of all containers of a service, whether they run or not. */
  async containers(service: string): Promise<readonly string[]> {
    const labels = [`com.docker.compose.project=${this.#name}`, `com.docker.compose.service=${service}`]
    const filters = labels.map((label) => `--filter label=${label}`).join(' ')
    return (await this.#host.exec(`docker ps --all --quiet ${filters}`)).stdout.split('\n').filter(Boolean)
  }

  /** Whether the latest transaction waits for the stack. */
  async isWaitedFor(): Promise<boolean> {
    const latest = `$(ls -d ${this.#path}/transactions/t-* | tail -n 1)`
    const { stdout } = await this.#host.exec(`tail -n 1 ${latest}/journal`)
    return stdout.includes(' blocked ')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const containers = `$(docker ps --all --quiet --filter label=com.docker.compose.project=${this.#name})`
    await this.#host.exec(`docker rm --force ${containers}; rm -rf ${this.#path}`)
    await rm(this.#project, { recursive: true, force: true })
  }

  get #path(): string {
    return `/home/deploy/${this.#name}`
  }
}

function compose(image: string): string {
  return `services:
  web:
    image: ${image}
    environment: { RELEASE: "\${RELEASE}" }
    labels: { estiba.kind: worker }
    restart: always
    stop_grace_period: 1s
    healthcheck: { test: ["CMD", "true"], interval: 1s, retries: 3 }
`
}
