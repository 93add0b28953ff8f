import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BundleRun, runBundle } from './bundle.ts'
import { baseImageRef } from './lab/images/index.ts'
import type { LabHost } from './lab/lab.ts'

/** How a deploy ended that was cancelled, as seen from outside. */
export interface Cancelled {
  /** Seconds from the start of the step to its cancellation. */
  readonly at: number
  readonly main: BundleRun
  readonly post: BundleRun
  /** Of the ledger's last line, if this deploy has one. */
  readonly result: string | undefined
  /** What of the stack runs on the host: the value of RELEASE in each container. */
  readonly serving: readonly string[]
  /** Whether a transaction is open on the host. */
  readonly isOpen: boolean
}

/** A stack of one small service, deployed by the bundle as it ships; each deploy changes it. */
export class SmallStack implements AsyncDisposable {
  readonly #host: LabHost
  readonly #name: string
  readonly #project: string
  /** What a deploy takes when nobody cancels it, in seconds; set by the first two. */
  #seconds = 0
  /** The release that serves. */
  live = ''

  private constructor(host: LabHost, name: string, project: string) {
    this.#host = host
    this.#name = name
    this.#project = project
  }

  /** Deploys it twice, to know how long it takes when nothing is in the way. */
  static async create(host: LabHost, name: string, registry: string): Promise<SmallStack> {
    const project = await mkdtemp(join(tmpdir(), 'estiba-small-'))
    await writeFile(join(project, 'compose.yml'), compose(baseImageRef(registry, 'nginx')))
    const stack = new SmallStack(host, name, project)
    await stack.#deployWhole('first')
    await stack.#deployWhole('second')
    return stack
  }

  async #deployWhole(release: string): Promise<void> {
    const from = performance.now()
    const { code, stdout } = await this.#step(this.#inputs(release))
    if (code !== 0) throw new Error(`the deploy of ${release} failed:\n${stdout}`)
    this.#seconds = (performance.now() - from) / 1000
    this.live = release
  }

  /**
   * Deploys a release, cancels it, and runs the post step.
   *
   * @param moment from 0, at its start, to 1, when it has probably ended
   */
  async deployAndCancel(release: string, moment: number): Promise<Cancelled> {
    const inputs = this.#inputs(release)
    const at = moment * this.#seconds
    const cancel = new AbortController()
    const timer = setTimeout(() => {
      cancel.abort()
    }, at * 1000)
    const main = await this.#step(inputs, { signal: cancel.signal })
    clearTimeout(timer)
    const post = await this.#step(inputs, { state: main.state })
    const { result, serving, isOpen } = await this.#look(release)
    if (result === 'committed') this.live = release
    return { at, main, post, result, serving, isOpen }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const containers = `$(docker ps --all --quiet --filter label=com.docker.compose.project=${this.#name})`
    await this.#host.exec(`docker rm --force ${containers}; rm -rf ${this.#path}`)
    await rm(this.#project, { recursive: true, force: true })
  }

  get #path(): string {
    return `/home/deploy/${this.#name}`
  }

  #step(
    inputs: Readonly<Record<string, string>>,
    more: { readonly signal?: AbortSignal; readonly state?: Readonly<Record<string, string>> } = {},
  ): Promise<BundleRun> {
    return runBundle('deploy-over-ssh', { inputs, env: { GITHUB_WORKSPACE: this.#project }, ...more })
  }

  #inputs(release: string): Readonly<Record<string, string>> {
    const { ssh, privateKey, knownHosts } = this.#host
    return {
      host: `${ssh.user}@${ssh.host}:${ssh.port}`,
      'ssh-key': privateKey,
      'known-hosts': knownHosts,
      path: this.#path,
      stack: this.#name,
      'project-directory': this.#project,
      env: `RELEASE=${release}`,
      version: release,
      'confirm-without-checks': 'true',
      'github-token': '',
    }
  }

  async #look(release: string): Promise<Pick<Cancelled, 'result' | 'serving' | 'isOpen'>> {
    const { stdout } = await this.#host.exec(
      [
        `grep '"version":"${release}"' ${this.#path}/ledger.jsonl | tail -n 1; echo ---`,
        `docker ps --quiet --filter label=com.docker.compose.project=${this.#name} | xargs -r docker inspect --format '{{json .Config.Env}}'; echo ---`,
        `ls ${this.#path}/open 2>/dev/null`,
      ].join('; '),
    )
    const [ledger = '', running = '', open = ''] = stdout.split('---\n')
    const entry = ledger === '' ? undefined : (JSON.parse(ledger) as { readonly result: string })
    return {
      result: entry?.result,
      serving: [...running.matchAll(/"RELEASE=([^"]+)"/g)].map(([, value]) => value ?? ''),
      isOpen: open.trim() !== '',
    }
  }
}

function compose(image: string): string {
  return `services:
  web:
    image: ${image}
    environment: { RELEASE: "\${RELEASE}" }
    labels: { estiba.kind: app }
    restart: always
    stop_grace_period: 1s
    healthcheck: { test: ["CMD", "true"], interval: 1s, retries: 3 }
`
}

/** What is wrong with how a cancelled deploy ended, in words; empty if nothing is. */
export function objectionsTo({ main, post, result, serving, isOpen }: Cancelled, live: string): readonly string[] {
  const { endedAfter = 0, code, stdout } = main
  return [
    ...(endedAfter < 7.5 ? [] : [`the step ended ${endedAfter.toFixed(1)} s after SIGINT`]),
    ...(code === 0 && result !== 'committed'
      ? [`the step is green, and the transaction is ${result ?? 'not there'}`]
      : []),
    // Without a code the signal itself ended it: before it had begun, or after it was done.
    ...(code !== 1 || stdout.includes('State: ') ? [] : ['the step does not say where the transaction stands']),
    ...(post.code === 0 ? [] : [`the post step failed:\n${post.stdout}`]),
    ...(result === undefined || result === 'undone' || result === 'committed' ? [] : [`the transaction is ${result}`]),
    ...(isOpen ? ['a transaction is still open'] : []),
    ...(serving.join() === live ? [] : [`${serving.join(', ') || 'nothing'} serves instead of ${live}`]),
  ]
}
