import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { docker } from '../command/command.ts'
import { runLocal } from '../command/local.ts'
import { StepError, UsageError } from '../errors.ts'
import type { ComposeModel } from './model.ts'

export interface ComposeProject {
  /** The project's name: that of the stack. */
  readonly name: string
  /** Absolute folder that relative paths are resolved against. */
  readonly directory: string
  /** Absolute paths, in the order in which they override each other. */
  readonly files: readonly string[]
  /** What `.env` would hold; undefined: nothing is interpolated but defaults. */
  readonly env: string | undefined
}

/**
 * Resolves the compose files once, on the runner, where everything that they refer to is checked out. Compose sees nothing
 * of the runner's environment but what it needs to run, so that the same inputs give the same text everywhere.
 */
export async function renderCompose(project: ComposeProject): Promise<ComposeModel> {
  const folder = await mkdtemp(join(tmpdir(), 'estiba-compose-'))
  try {
    const envFile = join(folder, 'env')
    await writeFile(envFile, project.env ?? '', { mode: 0o600 })
    const files = project.files.flatMap((file) => ['--file', file])
    const { code, stdout, stderr } = await runLocal(
      docker(
        ...['compose', '--project-name', project.name, '--project-directory', project.directory],
        ...['--env-file', envFile, ...files, 'config', '--format', 'json'],
      ),
      { cwd: project.directory, env: bareEnvironment() },
    )
    if (code !== 0) throw new UsageError(`the compose files can't be resolved: ${lastLine(stderr)}`)
    return JSON.parse(stdout) as ComposeModel
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

/** What a local docker needs to find itself and its plugins; nothing that a compose file could pick up by accident. */
export function bareEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'XDG_RUNTIME_DIR']
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  )
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? 'no reason given'
}
