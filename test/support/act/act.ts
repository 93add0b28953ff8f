import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { GitHubDouble } from '../github/double.ts'
import { tool } from '../lab/tools.ts'
import { SUITE } from '../workflows/files.ts'
import { killTree } from './processes.ts'
import { readResult, type ActEvent, type ActResult } from './result.ts'
import { exportSuite } from './suite.ts'
import { REF } from './view.ts'

export interface ActOptions {
  /** The repository of the team, with its workflows committed. */
  readonly app: string
  /** The caller in `.github/workflows/`. */
  readonly workflow: string
  readonly event: 'push' | 'pull_request' | 'workflow_dispatch'
  readonly ref: `refs/${string}`
  /** What a person fills in by hand. */
  readonly inputs?: Readonly<Record<string, string>>
  /** act has one set for all environments. */
  readonly secrets?: Readonly<Record<string, string>>
  readonly variables?: Readonly<Record<string, string>>
  readonly github: GitHubDouble
  /** GitHub's id of this run. */
  readonly runId?: number
}

/** A workflow run under act on this machine, without containers: act plays GitHub and the runner. */
export class ActRun implements AsyncDisposable {
  readonly events: ActEvent[] = []
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #ended: Promise<number | null>
  readonly #watchers = new Set<() => void>()

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child
    this.#folder = folder
    const orphan = () => {
      if (child.pid !== undefined && isRunning(child)) killTree(child.pid)
    }
    // Nothing outlives a test run, however that ends.
    process.once('exit', orphan)
    this.#ended = once(child, 'close').then(([code]) => {
      process.off('exit', orphan)
      return code as number | null
    })
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue
      createInterface({ input: stream }).on('line', (line) => {
        this.#take(line)
      })
    }
  }

  static async start(options: ActOptions): Promise<ActRun> {
    const folder = await mkdtemp(join(tmpdir(), 'estiba-act-'))
    const suite = join(folder, 'suite')
    await exportSuite(suite)
    const [act, node24] = [await tool('act'), await tool('node24')]
    const child = spawn(act, await argumentsFor(options, folder, suite), {
      cwd: options.app,
      // Steps of the caller and of our actions find Node 24 and the docker that the lab chose.
      env: {
        ...process.env,
        PATH: [node24, process.env['PATH'] ?? ''].join(delimiter),
        XDG_CACHE_HOME: join(folder, 'cache'),
        ACT_DISABLE_VERSION_CHECK: '1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return new ActRun(child, folder)
  }

  /** Resolves when the run has ended, however it did. */
  async result(): Promise<ActResult> {
    const code = await this.#ended
    return readResult(this.events, code)
  }

  /** Resolves with the first event of which `wanted` is true; rejects when the run ends before. */
  async until(wanted: (event: ActEvent) => boolean): Promise<ActEvent> {
    let seen = 0
    for (;;) {
      const next = new Promise<void>((resolve) => this.#watchers.add(resolve))
      const found = this.events.slice(seen).find(wanted)
      if (found !== undefined) return found
      seen = this.events.length
      const over = await Promise.race([next.then(() => false), this.#ended.then(() => true)])
      if (over && !this.events.slice(seen).some(wanted))
        throw new Error(`The run ended first.\n${(await this.result()).log}`)
    }
  }

  /** The runner is gone, with every process of it, and nothing of it had time to clean up. */
  async kill(): Promise<void> {
    if (this.#child.pid !== undefined && isRunning(this.#child)) killTree(this.#child.pid)
    await this.#ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await rm(this.#folder, { recursive: true, force: true })
  }

  #take(line: string): void {
    this.events.push(parseEvent(line))
    for (const wake of this.#watchers) wake()
    this.#watchers.clear()
  }
}

/** Runs a workflow to its end. */
export async function runAct(options: ActOptions): Promise<ActResult> {
  await using run = await ActRun.start(options)
  return await run.result()
}

async function argumentsFor(options: ActOptions, folder: string, suite: string): Promise<readonly string[]> {
  const { github, runId = 4711 } = options
  const { ref, inputs = {} } = options
  const event = { ref, inputs, repository: { default_branch: 'main' }, ...pullRequestOf(ref) }
  const eventFile = join(folder, 'event.json')
  await writeFile(eventFile, JSON.stringify(event))
  const secrets = await writeEnv(join(folder, 'secrets'), options.secrets ?? {})
  const variables = await writeEnv(join(folder, 'variables'), options.variables ?? {})
  const environment = {
    GITHUB_API_URL: github.url,
    GITHUB_REPOSITORY: github.repository,
    GITHUB_RUN_ID: String(runId),
    GITHUB_RUN_ATTEMPT: '1',
  }
  return [
    options.event,
    ...['--workflows', join('.github/workflows', options.workflow), '--eventpath', eventFile],
    // The label is this machine; no image is pulled, nothing is fetched.
    ...['--platform', 'ubuntu-latest=-self-hosted', '--pull=false', '--action-offline-mode', '--no-cache-server'],
    ...['--local-repository', `${SUITE}@${REF}=${suite}`],
    ...['--secret-file', secrets, '--var-file', variables, '--env-file', '/dev/null', '--input-file', '/dev/null'],
    ...['--secret', 'GITHUB_TOKEN=ghs_only_for_the_double_of_the_api'],
    ...Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...Object.entries(options.inputs ?? {}).flatMap(([name, value]) => ['--input', `${name}=${value}`]),
    ...['--actor', 'octocat', '--defaultbranch', 'main', '--concurrent-jobs', '1', '--json'],
  ]
}

/** act makes `github.ref` of a pull request from its number. */
function pullRequestOf(ref: string): object {
  const number = /^refs\/pull\/(\d+)\/merge$/.exec(ref)?.[1]
  return number === undefined ? {} : { number: Number(number), pull_request: { number: Number(number) } }
}

/** act reads these files as dotenv: between double quotes it takes escapes. */
async function writeEnv(file: string, values: Readonly<Record<string, string>>): Promise<string> {
  const lines = Object.entries(values).map(
    ([name, value]) => `${name}=${JSON.stringify(value).replaceAll('$', '\\$')}\n`,
  )
  await writeFile(file, lines.join(''), { mode: 0o600 })
  return file
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null
}

function parseEvent(line: string): ActEvent {
  try {
    return JSON.parse(line) as ActEvent
  } catch {
    return { msg: line }
  }
}
