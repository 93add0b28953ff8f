import { cpus } from 'node:os'
import { Team } from '../../test/support/act/team.ts'
import { attachLab, createLab, endLab, type Lab, type LabHost } from '../../test/support/lab/lab.ts'
import { must } from '../../test/support/lab/must.ts'
import { tool } from '../../test/support/lab/tools.ts'
import type { Shop } from '../../test/support/shop.ts'
import { Pipeline } from './pipeline.mts'
import { Prober } from './prober.mts'
import type { Expectation, HostName, ImageComparison, Recording, Sample } from './recording.mts'
import type { Terminal } from './terminal.mts'

const hostNames = ['staging', 'production'] as const satisfies readonly HostName[]
const rate = 10
const place = { stack: 'shop', port: 8080 }

/** What the team of the story asks of a release from outside. */
const checks = '- name: The shop sells\n  path: /\n  contains: Anchor\n- name: The api answers\n  path: /api/readyz\n'

/** Something that had to be so was not: the story ends here. */
export class StoryError extends Error {}

export interface StageOptions {
  readonly terminal: Terminal
  readonly logs: string
  readonly signal: AbortSignal
}

/** All that the story plays on: a lab, a shop in a repository, a double of GitHub, and somebody who watches from outside. */
export class Stage implements AsyncDisposable {
  readonly pipeline: Pipeline
  readonly #team: Team
  readonly #lab: Lab
  readonly #probers: Readonly<Record<HostName, Prober>>
  readonly #options: StageOptions
  readonly #parts: AsyncDisposableStack
  readonly #startedAt = new Date()
  readonly #origin: number
  readonly #expectations: Expectation[] = []
  readonly #images: ImageComparison[] = []

  private constructor(
    options: StageOptions,
    parts: AsyncDisposableStack,
    things: { lab: Lab; team: Team; pipeline: Pipeline; origin: number },
  ) {
    this.#options = options
    this.#parts = parts
    this.#lab = things.lab
    this.#team = things.team
    this.pipeline = things.pipeline
    this.#origin = things.origin
    const watch = (host: HostName) =>
      parts.use(new Prober({ url: `${things.team.url(host)}/`, rate, origin: things.origin }))
    this.#probers = { staging: watch('staging'), production: watch('production') }
  }

  /** Sets everything up; what is missing on this machine is installed or built first. */
  static async open(options: StageOptions): Promise<Stage> {
    await using parts = new AsyncDisposableStack()
    const { signal } = options
    // Not startLab: at an interrupt the runs have to end before their servers do.
    const record = await createLab({ name: 'demo' })
    parts.defer(() => endLab(record.id))
    const lab = attachLab(record)
    signal.throwIfAborted()
    await tool('act')
    signal.throwIfAborted()
    const team = parts.use(await Team.create(lab, place))
    await team.copyCallers({ checks })
    const origin = performance.now()
    const pipeline = new Pipeline({ ...options, team, now: () => performance.now() - origin })
    return new Stage(options, parts.move(), { lab, team, pipeline, origin })
  }

  get shop(): Shop {
    return this.#team.shop
  }

  url(host: HostName): string {
    return this.#team.url(host)
  }

  /** Says whether something is so; the story ends where it is not. */
  expect(text: string, met: boolean, seen = ''): void {
    const { terminal } = this.#options
    this.#expectations.push({ at: Math.round(this.#now()), text, met, ...(seen !== '' && { seen }) })
    terminal.expectation(met, met || seen === '' ? text : `${text}; seen: ${seen}`)
    if (!met) throw new StoryError(`It was expected that ${text}.${seen === '' ? '' : ` Seen: ${seen}.`}`)
  }

  /** Five answers in a row, asked from outside, come from this version. */
  async expectVersion(host: HostName, version: string): Promise<void> {
    const answers = (await this.#unlessStopped(this.#probers[host].next(5))).map(formatAnswer)
    this.expect(
      `${host} answers ${version}`,
      answers.every((answer) => answer === version),
      answers.join(', '),
    )
  }

  /** Ids of the containers that run on a host, stopped ones too. */
  async containers(host: HostName): Promise<string> {
    return must(this.#lab[host], 'docker ps --all --no-trunc --quiet | sort')
  }

  /** Requests that a host has failed since `since`, a moment of `now`. */
  failedSince(host: HostName, since: number): number {
    return this.#probers[host].samples.filter(({ at, status }) => at >= since && status !== 200).length
  }

  /** Asks both engines which images their containers of the shop run, by digest. */
  async compareImages(version: string): Promise<ImageComparison> {
    const [staging, production] = await Promise.all([images(this.#lab.staging), images(this.#lab.production)])
    const names = [...new Set([...staging.keys(), ...production.keys()])].sort()
    const services = names.map((service) => ({
      service,
      staging: staging.get(service) ?? 'not there',
      production: production.get(service) ?? 'not there',
    }))
    this.#images.push({ version, services })
    return { version, services }
  }

  now(): number {
    return this.#now()
  }

  /** Everything that was seen until now. */
  record(failure?: string): Recording {
    const { length } = cpus()
    return {
      startedAt: this.#startedAt.toISOString(),
      length: Math.round(this.#now()),
      rate,
      machine: `${length} ${length === 1 ? 'core' : 'cores'}`,
      hosts: hostNames.map((name) => ({ name, url: this.url(name), samples: this.#probers[name].samples })),
      runs: this.pipeline.runs,
      images: this.#images,
      expectations: this.#expectations,
      ...(failure !== undefined && { failure }),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync()
  }

  #now(): number {
    return performance.now() - this.#origin
  }

  async #unlessStopped<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#options
    signal.throwIfAborted()
    const { promise, reject } = Promise.withResolvers<never>()
    const stop = (): void => {
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', stop)
    try {
      return await Promise.race([work, promise])
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }
}

function formatAnswer({ status, version }: Sample): string {
  if (status === null) return 'no answer'
  return status === 200 ? (version ?? 'no version') : `${status}${version === null ? '' : ` from ${version}`}`
}

/** Digest by service, as `docker ps` shows the reference that each container was made of. */
async function images(host: LabHost): Promise<ReadonlyMap<string, string>> {
  const format = '{{.Label "com.docker.compose.service"}} {{.Image}}'
  const lines = await must(
    host,
    `docker ps --no-trunc --filter label=com.docker.compose.project=${place.stack} --format '${format}' | sort -u`,
  )
  return new Map(
    lines.split('\n').flatMap((line): [string, string][] => {
      const [service = '', image = ''] = line.split(' ')
      const digest = /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1]
      return digest === undefined ? [] : [[service, digest]]
    }),
  )
}
