import { exec } from '@actions/exec'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { StepError } from '../errors.ts'
import type { Command } from './command.ts'
import { Output } from './output.ts'

/** How a program on the runner ended. */
export interface LocalOutcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface LocalOptions {
  /** The working folder; the process's own by default. */
  readonly cwd?: string
  /** The whole environment; the process's own by default, with the action's inputs and thus its secrets in it. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Called with each line as it arrives; what is streamed here is not collected in the outcome. */
  readonly onStdoutLine?: (line: string) => void
  readonly onStderrLine?: (line: string) => void
}

/** A port, so that tests can answer for Docker. */
export type RunLocal = (command: Command, options?: LocalOptions) => Promise<LocalOutcome>

/**
 * Runs a program on the runner without echoing its command line. Every exit code is an outcome.
 *
 * @throws StepError when the program is not installed, or was killed
 */
export const runLocal: RunLocal = async ({ argv, stdin }, options = {}) => {
  const { cwd, env = process.env } = options
  const [program] = argv
  requireProgram(program, env)
  const stdout = new Output(options.onStdoutLine)
  const stderr = new Output(options.onStderrLine)
  const code = await withInputFile(stdin, (file) =>
    exec('sh', ['-c', 'exec "$@" < "$0"', file, ...argv], {
      silent: true,
      ignoreReturnCode: true,
      env: definedOnly(env),
      ...(cwd !== undefined && { cwd }),
      listeners: {
        stdout: (chunk) => {
          stdout.write(chunk)
        },
        stderr: (chunk) => {
          stderr.write(chunk)
        },
      },
    }),
  )
  stdout.end()
  stderr.end()
  // Null when a signal ended it, whatever the types say.
  if (!Number.isInteger(code)) throw killed(program, stderr.text())
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

/**
 * Lends a file with what the program is to read, which nobody else can.
 *
 * `@actions/exec` has an option for this, but writes to a pipe without listening for errors: a program that ends at once,
 * whether it reads or not, takes this process with it by EPIPE. Without the option the pipe never ends.
 */
async function withInputFile<T>(stdin: Command['stdin'], work: (file: string) => Promise<T>): Promise<T> {
  if (stdin === undefined) return work('/dev/null')
  const folder = await mkdtemp(join(process.env['RUNNER_TEMP'] ?? tmpdir(), 'estiba-'))
  try {
    const file = join(folder, 'stdin')
    await writeFile(file, stdin, { mode: 0o600 })
    return await work(file)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** How to come by the programs that runners may lack; hosted ones have them all. */
const INSTALL: Readonly<Record<string, string>> = {
  docker: 'install Docker with its Compose and buildx plugins on this runner: https://docs.docker.com/engine/install/',
  git: 'install Git on this runner: https://git-scm.com/downloads',
}

function requireProgram(program: string, env: Readonly<Record<string, string | undefined>>): void {
  const folders = program.includes('/') ? [''] : (env['PATH'] ?? '').split(delimiter)
  if (folders.some((folder) => existsSync(join(folder, program)))) return
  throw new StepError({
    step: `run ${program} on the runner`,
    why: program.includes('/') ? 'there is no such file' : 'it is not installed, or not on the PATH',
    next: INSTALL[program] ?? `install ${program} on this runner, in a step before this one`,
  })
}

function killed(program: string, stderr: string): StepError {
  return new StepError({
    step: `run ${program} on the runner`,
    why: 'it was killed by a signal: by a cancelled job, or by the system for want of memory',
    lastLines: stderr.trimEnd().split('\n').slice(-5),
  })
}

function definedOnly(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
