import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { docker } from '../../src/command/command.ts'
import type { RunLocal } from '../../src/command/local.ts'
import { type Env, parseDotenv } from '../../src/compose/dotenv.ts'
import { StepError, UsageError } from '../../src/errors.ts'
import { createPrivateConfig } from '../../src/image/docker-config.ts'
import { buildEnvironment, checkedOutCommit, clientEnvironment, logIn, readProject } from '../../src/image/docker.ts'
import type { Environment } from '../../src/image/docker.ts'
import { parseDigests } from '../../src/image/metadata.ts'
import type { Job, Outputs } from '../../src/runner/job.ts'
import type { Inputs } from './inputs.ts'
import { formatPlan, planBuild } from './plan.ts'
import type { BuildPlan } from './plan.ts'
import { builtImages, formatSummary } from './result.ts'
import { verifyPush } from './verify.ts'

/** What the action reaches beyond its job. */
export interface World {
  readonly run: RunLocal
  readonly env: Environment
}

/** A run with its private folder, which holds the login, the variables and the graph until the step is over. */
interface Workshop extends World {
  readonly job: Job
  readonly folder: string
}

const FOLDER = 'folder'

/** Builds what the compose files say, pushes it, and proves that the registry serves it. */
export async function buildAndPush(inputs: Inputs, job: Job, world: World): Promise<Outputs> {
  const folder = await mkdtemp(join(job.context.temp, 'estiba-build-'))
  job.saveState(FOLDER, folder)
  const workshop = { ...world, job, folder }
  try {
    const { plan, values } = await prepare(inputs, workshop)
    job.log.line(formatPlan(plan))
    const login = await establishLogin(inputs, workshop)
    const env = { ...buildEnvironment(world.env), ...login }
    const start = performance.now()
    const digests = await job.log.chapter('Build', () => build(plan, { ...env, ...values }, workshop))
    const pushed = builtImages(plan, digests)
    const images = plan.push
      ? await job.log.chapter('Verify', () => verifyPush(pushed, { run: world.run, env, log: job.log }))
      : pushed
    await job.summarize(formatSummary(plan, digests, (performance.now() - start) / 1000))
    return { images: JSON.stringify(images), tags: plan.tags.join('\n'), version: plan.version }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The post step: takes away the login where the main step was killed before it could. */
export async function forgetLogin(job: Job): Promise<void> {
  const folder = job.state(FOLDER)
  if (folder !== '') await rm(folder, { recursive: true, force: true })
}

async function prepare(
  inputs: Inputs,
  { run, env, job, folder }: Workshop,
): Promise<{ plan: BuildPlan; values: Environment }> {
  const directory = resolve(job.context.workspace, inputs.projectDirectory)
  const envFiles = await writeVariables(inputs, directory, folder)
  const client = clientEnvironment(env)
  const project = await readProject(run, { directory, composeFiles: inputs.composeFiles, envFiles }, client)
  const commit = await checkedOutCommit(run, directory, client)
  const plan = planBuild(inputs, { project, commit }, job.context)
  const values = await secretValues(plan.bake.secretVariables, envFiles)
  for (const value of Object.values(values)) job.mask(value)
  return { plan, values }
}

/** Compose reads no `.env` by itself once it is given a file. */
async function writeVariables({ env }: Inputs, directory: string, folder: string): Promise<readonly string[]> {
  const files = [join(directory, '.env')].filter((file) => existsSync(file))
  if (env === undefined) return files
  const own = join(folder, 'variables.env')
  await writeFile(own, `${env}\n`, { mode: 0o600 })
  return [...files, own]
}

async function secretValues(
  variables: readonly string[],
  envFiles: readonly string[],
): Promise<Record<string, string>> {
  const texts = await Promise.all(envFiles.map((file) => readFile(file, 'utf8')))
  const known = new Map(texts.flatMap((text, index) => [...parse(text, envFiles[index] ?? '')]))
  const values = variables.map((name): [string, string] => {
    const value = known.get(name)
    if (value !== undefined) return [name, value]
    throw new UsageError(
      `env: a secret of the build is read from ${name}, which neither env nor the project's .env sets.`,
    )
  })
  return Object.fromEntries(values)
}

function parse(text: string, file: string): Env {
  const env = parseDotenv(text)
  if (typeof env === 'string') throw new UsageError(`${basename(file)}: ${env}`)
  return env
}

async function establishLogin({ login }: Inputs, { run, env, job, folder }: Workshop): Promise<Environment> {
  if (login === undefined) return {}
  return job.log.chapter(`Log in to ${login.registry}`, async () => {
    const config = await createPrivateConfig(join(folder, 'docker'), login.registry, env)
    await logIn(run, login, { ...clientEnvironment(env), ...config })
    job.log.line(`Logged in as ${login.username}, in a configuration that this step takes away again.`)
    return config
  })
}

async function build({ bake, targets, push }: BuildPlan, env: Environment, { run, job, folder }: Workshop) {
  const [graph, metadata] = [join(folder, 'bake.json'), join(folder, 'metadata.json')]
  await writeFile(graph, JSON.stringify(bake.file), { mode: 0o600 })
  const tail: string[] = []
  const baking = run(docker('buildx', 'bake', '--file', graph, '--metadata-file', metadata, '--progress', 'plain'), {
    cwd: folder,
    env,
    onStderrLine: (line) => {
      job.log.line(line)
      if (line.trim() !== '') tail.push(line)
      if (tail.length > 20) tail.shift()
    },
  })
  const { code } = await Promise.race([baking, cancelled(job.signal)])
  if (code !== 0) throw buildFailure(push, code, tail)
  if (!push) return new Map<string, string>()
  const digests = parseDigests(
    await readFile(metadata, 'utf8'),
    targets.map(({ name }) => name),
  )
  if (typeof digests !== 'string') return digests
  throw new StepError({ step: 'push the images', why: digests, state: 'the images may have been pushed.' })
}

/** The runner leaves a cancelled step 7.5 s, and ends what it started itself. */
function cancelled(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => {
      reject(signal.reason as Error)
    }
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

function buildFailure(push: boolean, exitCode: number, lastLines: readonly string[]): StepError {
  return new StepError({
    step: push ? 'build and push the images' : 'build the images',
    why: 'docker buildx bake failed',
    exitCode,
    lastLines,
    ...(push && { state: 'images of this run that were ready before may have been pushed; nothing was deployed.' }),
  })
}
