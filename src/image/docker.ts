import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { command, docker } from '../command/command.ts'
import type { LocalOutcome, RunLocal } from '../command/local.ts'
import { StepError, UsageError } from '../errors.ts'
import { parseProject } from './project.ts'
import type { Project } from './project.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** What Docker's client needs of the runner's environment to find itself and the engine, and nothing that a project could read. */
export function clientEnvironment(env: Environment): Environment {
  const names = /^(PATH|HOME|USER|TMPDIR|XDG_RUNTIME_DIR|DOCKER_(?!DEFAULT_PLATFORM).*|BUILDX_CONFIG|SSH_AUTH_SOCK)$/
  return Object.fromEntries(Object.entries(env).filter(([name]) => names.test(name)))
}

/** What a build sees: the runner's environment without the inputs of this action, which hold its secrets. */
export function buildEnvironment(env: Environment): Environment {
  const own = Object.entries(env).filter(([name]) => !name.startsWith('INPUT_'))
  // The graph is ours and names what the compose files name; buildx 0.20 would ask about folders beside the project.
  return { ...Object.fromEntries(own), BUILDX_BAKE_ENTITLEMENTS_FS: '0' }
}

export interface ProjectFiles {
  /** Absolute. */
  readonly directory: string
  /** Relative to `directory`, in the order in which Compose merges them. */
  readonly composeFiles: readonly string[]
  /** Dotenv files, absolute; later ones win. */
  readonly envFiles: readonly string[]
}

/** Resolves compose files with Compose itself, profiles included. */
export async function readProject(run: RunLocal, files: ProjectFiles, env: Environment): Promise<Project> {
  for (const file of files.composeFiles) checkSyntax(files.directory, file)
  const { code, stdout, stderr } = await run(
    docker(
      'compose',
      ...['--project-directory', files.directory, '--profile', '*'],
      ...files.composeFiles.flatMap((file) => ['--file', file]),
      ...files.envFiles.flatMap((file) => ['--env-file', file]),
      ...['config', '--format', 'json'],
    ),
    { cwd: files.directory, env },
  )
  if (code === 0) return parseProject(stdout)
  throw new UsageError(
    [`Compose refuses ${files.composeFiles.join(', ')}:`, ...lastLines(stderr, 10).map((line) => `    ${line}`)].join(
      '\n',
    ),
  )
}

/** Compose names the line of a broken file, but not the file. */
function checkSyntax(directory: string, file: string): void {
  const path = join(directory, file)
  if (!existsSync(path)) {
    const others = existsSync(directory) ? readdirSync(directory).filter((name) => /\.ya?ml$/.test(name)) : []
    const hint =
      others.length > 0
        ? ` There are ${others.join(', ')}.`
        : ' There is no YAML file at all: was the repository checked out?'
    throw new UsageError(`compose-files: there is no ${file} in ${directory}.${hint}`)
  }
  const lines = new LineCounter()
  const [error] = parseDocument(readFileSync(path, 'utf8'), { lineCounter: lines, prettyErrors: false }).errors
  if (error === undefined) return
  const { line, col } = lines.linePos(error.pos[0])
  throw new UsageError(`${file}:${line}:${col}: ${error.message}`)
}

/** Logs in with the password on stdin. `env` must lead to a configuration of our own. */
export async function logIn(
  run: RunLocal,
  { registry, username, password }: { registry: string; username: string; password: string },
  env: Environment,
): Promise<void> {
  const login = docker('login', '--username', username, '--password-stdin', registry)
  const { code, stderr } = await run({ ...login, stdin: password }, { env })
  if (code === 0) return
  throw new StepError({
    step: `log in to ${registry} as ${username}`,
    why: 'the registry does not accept the login',
    exitCode: code,
    lastLines: lastLines(stderr.replace(/^WARNING! .*\n/gm, ''), 5),
    state: 'nothing was built or pushed.',
    next: 'check registry-username and registry-password, and that the token may write packages.',
  })
}

/** The digest that the registry serves for `image`, undefined with the reason when it serves none. */
export async function inspectDigest(
  run: RunLocal,
  image: string,
  env: Environment,
): Promise<{ readonly digest?: string; readonly reason: string }> {
  const { code, stdout, stderr } = await run(
    docker('buildx', 'imagetools', 'inspect', image, '--format', '{{json .Manifest}}'),
    { env },
  )
  if (code !== 0) return { reason: lastLines(stderr, 3).join(' ') }
  const { digest } = JSON.parse(stdout) as { digest?: string }
  return digest === undefined ? { reason: 'the answer names no digest' } : { digest, reason: '' }
}

export interface Commit {
  readonly sha: string
  /** ISO 8601. */
  readonly committed: string
}

/** The commit that is checked out, if Git can tell. */
export async function checkedOutCommit(
  run: RunLocal,
  directory: string,
  env: Environment,
): Promise<Commit | undefined> {
  const { code, stdout } = await run(command('git', '-C', directory, 'log', '-1', '--format=%H %cI'), { env }).catch(
    (): LocalOutcome => ({ code: 127, stdout: '', stderr: '' }),
  )
  const [, sha, committed] = /^([0-9a-f]{40}) (\S+)$/.exec(stdout.trim()) ?? []
  return code === 0 && sha !== undefined && committed !== undefined ? { sha, committed } : undefined
}

export function lastLines(text: string, count: number): readonly string[] {
  return text.trimEnd().split('\n').slice(-count)
}
