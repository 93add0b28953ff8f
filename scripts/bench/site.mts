import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '../../src/host/connection.ts'
import { type BundleRun, runBundle } from '../../test/support/bundle.ts'
import type { Lab, LabHost } from '../../test/support/lab/lab.ts'
import { TINY_PORT, TINY_SERVER, tinyDockerfile, TinyStack, type TinyWishes } from '../../test/support/tiny-stack.ts'
import { firstAnswer } from './answer.mts'
import { layOut } from './lay-out.mts'
import { overOpenSsh } from './open-ssh.mts'

export type SiteWishes = Omit<TinyWishes, 'registry' | 'repository'> & { readonly name: string }

/** How the host is reached: directly, or through a proxy. */
interface Way {
  readonly port: number
}

/** When what happened, in seconds from the start of the step. */
export interface Timed {
  /** The first answer of the wanted version. */
  readonly served: number
  readonly ended: number
}

/** After a step that ended well. */
const ANSWERS_WITHIN_MS = 10_000

/** Versions in turn: the one before the live one is where a rollback leads, and the next one is not on the host. */
const VERSIONS = ['v1', 'v2', 'v3'] as const

/** A tiny stack on a host of the lab, deployed by the bundle as it ships. */
export class Site implements AsyncDisposable {
  readonly host: LabHost
  readonly url: string
  readonly #lab: Lab
  readonly #name: string
  readonly #stack: TinyStack
  #turn = 0

  private constructor(lab: Lab, { name, port }: SiteWishes, stack: TinyStack) {
    this.host = lab.production
    this.url = `${this.host.url(port)}/`
    this.#lab = lab
    this.#name = name
    this.#stack = stack
  }

  /** With its images in the registry; nothing is deployed. */
  static async create(lab: Lab, wishes: SiteWishes): Promise<Site> {
    const repository = `${lab.registry.url}/bench/${wishes.name}`
    await buildImages(lab, repository)
    return new Site(lab, wishes, await TinyStack.create({ ...wishes, registry: lab.registry.url, repository }))
  }

  get path(): string {
    return `/home/deploy/${this.#name}`
  }

  get version(): string {
    return VERSIONS[this.#turn % VERSIONS.length] ?? ''
  }

  connection({ port }: Way = this.host.ssh): Connection {
    const { ssh, privateKey, knownHosts } = this.host
    return {
      host: { user: ssh.user, name: ssh.host, port },
      privateKey,
      knownHosts: knownHosts.replaceAll(`:${ssh.port} `, `:${port} `),
    }
  }

  /** Goes on to the next version, which is not on the host yet. */
  async next(): Promise<string> {
    this.#turn++
    await this.host.exec(`docker image rm ${this.#image}`)
    return this.version
  }

  /** The turn after a way back. */
  backToTheOneBefore(): string {
    this.#turn--
    return this.version
  }

  /** Deploys the version whose turn it is, confirmed without checks. Throws unless it ends well. */
  async deploy(way?: Way): Promise<Timed> {
    return this.timed(() => this.step('deploy-over-ssh', this.#release, way))
  }

  /** Brings the version whose turn it is on trial; resolves to the transaction's token. */
  async putOnTrial(): Promise<string> {
    const prepared = succeeded(await this.step('deploy-over-ssh', { ...this.#release, phase: 'prepare' }))
    const transaction = prepared.outputs['transaction'] ?? ''
    succeeded(await this.step('deploy-over-ssh', { phase: 'switch', transaction }))
    return transaction
  }

  rollBack(): Promise<Timed> {
    return this.timed(() => this.step('rollback', {}))
  }

  async timed(step: () => Promise<BundleRun>): Promise<Timed> {
    const answer = new AbortController()
    const from = performance.now()
    const first = firstAnswer(this.url, this.version, answer.signal)
    try {
      succeeded(await step())
      const ended = performance.now()
      const served = await Promise.race([first, sleep(ANSWERS_WITHIN_MS, undefined, { signal: answer.signal })])
      if (served === undefined) throw new Error(`${this.url} does not answer with ${this.version}`)
      return { served: (served - from) / 1000, ended: (ended - from) / 1000 }
    } finally {
      answer.abort()
    }
  }

  /** Seconds of a step that touches nothing. */
  async deployUnchanged(): Promise<number> {
    const from = performance.now()
    const { outputs } = succeeded(await this.step('deploy-over-ssh', this.#release))
    if (outputs['state'] !== 'unchanged') throw new Error(`it was to change nothing, but is ${outputs['state']}`)
    return (performance.now() - from) / 1000
  }

  step(action: string, inputs: Readonly<Record<string, string>>, way?: Way): Promise<BundleRun> {
    const { host, privateKey, knownHosts } = this.connection(way)
    return runBundle(action, {
      inputs: {
        host: `${host.user}@${host.name}:${host.port}`,
        'ssh-key': privateKey,
        'known-hosts': knownHosts,
        path: this.path,
        stack: this.#name,
        'github-token': '',
        ...inputs,
      },
      env: { GITHUB_WORKSPACE: this.#stack.path },
    })
  }

  /** For `bare`. */
  layOut(): Promise<void> {
    return layOut(this.host, this.#stack.path, this.path)
  }

  /** Seconds of the usual line in a pipeline, for the version whose turn it is; undefined when it failed. */
  bare(): Promise<number | undefined> {
    return this.ssh(
      `cd ${this.path} && echo VERSION=${this.version} >.env && docker compose pull --quiet && docker compose up --detach --wait`,
    )
  }

  /** Seconds from `docker run` to the first 200 on the host itself; undefined when there was none. */
  async floor(): Promise<number | undefined> {
    const { code, stdout } = await this.host.exec(`
      docker rm --force bench-floor >/dev/null 2>&1
      from=$(date +%s%N)
      docker run --detach --init --name bench-floor --publish 127.0.0.1:8099:${TINY_PORT} ${this.#image} >/dev/null || exit
      for try in $(seq 1000); do
        [ "$(curl -s -o /dev/null -w '%{http_code}' -m 2 http://127.0.0.1:8099/)" != 200 ] || { till=$(date +%s%N); break; }
        sleep 0.01
      done
      docker rm --force bench-floor >/dev/null 2>&1
      [ -n "\${till:-}" ] && echo $(((till - from) / 1000000))`)
    return code === 0 ? Number(stdout.trim()) / 1000 : undefined
  }

  /** Seconds of a command over OpenSSH, start of the client included; undefined when it failed. */
  ssh(command: string): Promise<number | undefined> {
    return overOpenSsh(this.#lab, this.host, command)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]()
    const containers = `docker ps --all --quiet --filter label=com.docker.compose.project=${this.#name}`
    await this.host.exec(`${containers} | xargs -r docker rm --force`)
    // The engine ends their processes before it answers; what they were is gone when the next row is measured.
    await sleep(200)
  }

  get #image(): string {
    return `${this.#lab.registry.url}/bench/${this.#name}:${this.version}`
  }

  get #release(): Record<string, string> {
    return {
      'project-directory': this.#stack.path,
      env: `VERSION=${this.version}\n`,
      version: this.version,
      'healthy-within': '60s',
      keep: '2',
      'confirm-without-checks': 'true',
    }
  }
}

/** On the staging host, so that the one that is measured has to pull them. */
async function buildImages({ staging, registry }: Lab, repository: string): Promise<void> {
  const builds = VERSIONS.map(
    (version) =>
      `docker build --quiet --build-arg VERSION=${version} --tag ${repository}:${version} . && docker push --quiet ${repository}:${version}`,
  )
  const { code, stderr } = await staging.exec(`set -e; folder=$(mktemp -d); cd "$folder"
cat >Dockerfile <<'END'
${tinyDockerfile(registry.url)}END
cat >web.js <<'END'
${TINY_SERVER}END
export DOCKER_BUILDKIT=0
${builds.join('\n')}`)
  if (code !== 0) throw new Error(`the images of the bench could not be built: ${stderr}`)
}

function succeeded(step: BundleRun): BundleRun {
  if (step.code === 0) return step
  throw new Error(`a step of the bench failed:\n${step.stdout.replaceAll(/^::add-mask::.*\n/gm, '')}${step.stderr}`)
}
