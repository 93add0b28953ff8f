import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { docker } from '../command/command.ts'
import { runLocal } from '../command/local.ts'
import { StepError, UsageError } from '../errors.ts'
import { type Env, formatDotenv } from './dotenv.ts'
import type { ComposeModel } from './model.ts'

export interface ComposeProject {
  /** The project's name: that of the stack. */
  readonly name: string
  /** Absolute folder that relative paths are resolved against. */
  readonly directory: string
  /** Absolute paths, in the order in which they override each other. */
  readonly files: readonly string[]
  /** What `.env` would hold. */
  readonly env: Env
}

/**
 * Resolves the compose files once, on the runner, where everything that they refer to is checked out. Compose sees nothing
 * of the runner's environment but what it needs to run, so that the same inputs give the same text everywhere.
 */
export async function renderCompose(project: ComposeProject): Promise<ComposeModel> {
  const folder = await mkdtemp(join(tmpdir(), 'estiba-compose-'))
  try {
    const envFile = join(folder, 'env')
    const echoFile = join(folder, 'echo.json')
    await writeFile(envFile, formatDotenv(project.env), { mode: 0o600 })
    await writeFile(echoFile, JSON.stringify({ [ECHO]: echoed(project.env) }))
    const files = [...project.files, echoFile].flatMap((file) => ['--file', file])
    const { code, stdout, stderr } = await runLocal(
      docker(
        ...['compose', '--project-name', project.name, '--project-directory', project.directory],
        ...['--env-file', envFile, ...files, 'config', '--format', 'json'],
      ),
      { cwd: project.directory, env: bareEnvironment() },
    )
    if (code !== 0) throw new UsageError(`the compose files can't be resolved: ${explain(lastLine(stderr))}`)
    const { [ECHO]: echo = {}, ...model } = JSON.parse(stdout) as ComposeModel
    requireEcho(project.env, echo as Readonly<Record<string, string>>)
    return { ...model, name: model.name, services: model.services }
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new StepError({
        step: 'resolve the compose files',
        why: `docker compose config printed no JSON: ${error.message}`,
        next: 'update Docker Compose on the runner to 2.20 or newer',
      })
    throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A field of its own for Compose to say what it made of each variable. Extensions are carried along as they are. */
const ECHO = 'x-estiba-env'

/** Names that Compose can interpolate. */
function echoed(env: Env): Record<string, string> {
  return Object.fromEntries(
    [...env.keys()].filter((name) => /^[A-Za-z_]\w*$/.test(name)).map((name) => [name, `\${${name}}`]),
  )
}

/** Compose takes some names from its own environment, whatever the file says. */
function requireEcho(env: Env, echo: Readonly<Record<string, string>>): void {
  const wrong = Object.entries(echo).flatMap(([name, value]) =>
    value.replaceAll('$$', '$') === env.get(name) ? [] : [name],
  )
  if (wrong.length === 0) return
  throw new UsageError(
    `env: Docker Compose on this runner has another value for ${wrong.join(', ')}, since it takes that from its own environment; ` +
      'use another name in env and in the compose files, or leave the line out',
  )
}

/**
 * The text of a resolved model as the host's Compose reads it. That reads JSON as YAML, which knows no raw control characters
 * and takes some separators for line ends.
 */
export function formatModel(model: ComposeModel): string {
  const escape = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  return `${JSON.stringify(model, null, 1).replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, escape)}\n`
}

/** What a local docker needs to find itself and its plugins; nothing that a compose file could pick up by accident. */
export function bareEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'XDG_RUNTIME_DIR']
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  )
}

/** A `.env` on the server is what most stacks begin with; in a checkout there is none. */
function explain(reason: string): string {
  if (!/env file .* not found/.test(reason)) return reason
  return (
    `${reason}. \`env_file\` names a file of the checkout, and the values of the input env are in none: ` +
    'write those that the service needs under its `environment`, as in `DATABASE_URL: ${DATABASE_URL}`'
  )
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? 'no reason given'
}
