import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { readMetadata } from '../../scripts/documents.mts'

const dist = join(import.meta.dirname, '../../dist')

export interface BundleOptions {
  /** By name; what is absent has its default from action.yml, as with GitHub's runner. */
  readonly inputs?: Readonly<Record<string, string>>
  /** On top of PATH, HOME and what a run always has. `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What an earlier step of this action saved: makes this its post step. */
  readonly state?: Readonly<Record<string, string>>
  /** Cancels the step as GitHub's runner does: SIGINT, after 7.5 s SIGTERM, and after 2.5 s more SIGKILL. */
  readonly signal?: AbortSignal
  /** Kills the step at once, as a runner's machine that goes away does. */
  readonly killed?: AbortSignal
}

export interface BundleRun {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly outputs: Readonly<Record<string, string>>
  readonly state: Readonly<Record<string, string>>
  readonly summary: string
  /** Seconds from its cancellation to its end; undefined where it had ended before, or was never cancelled. */
  readonly endedAfter: number | undefined
}

/**
 * Runs the built bundle of an action as one step of a job, the way GitHub's runner does. Rejects when it sets an output that
 * its action.yml does not declare.
 */
export async function runBundle(action: string, options: BundleOptions = {}): Promise<BundleRun> {
  const folder = await mkdtemp(join(tmpdir(), 'estiba-step-'))
  const files = { outputs: join(folder, 'outputs'), state: join(folder, 'state'), summary: join(folder, 'summary') }
  try {
    await Promise.all(Object.values(files).map((file) => writeFile(file, '')))
    const child = spawn(process.execPath, [join(dist, action, 'index.js')], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        ...job(folder),
        GITHUB_OUTPUT: files.outputs,
        GITHUB_STATE: files.state,
        GITHUB_STEP_SUMMARY: files.summary,
        ...prefixed('INPUT_', { ...defaults(action), ...options.inputs }, (name) =>
          name.replaceAll(' ', '_').toUpperCase(),
        ),
        ...prefixed('STATE_', options.state ?? {}, (name) => name),
        ...options.env,
      },
    })
    const ended = once(child, 'close')
    const cancelled = cancel(child, ended, options.signal)
    options.killed?.addEventListener('abort', () => child.kill('SIGKILL'))
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), ended])
    const outputs = parseFileCommand(await readFile(files.outputs, 'utf8'))
    const undeclared = Object.keys(outputs).filter((name) => !(name in (readMetadata(action).outputs ?? {})))
    if (undeclared.length > 0)
      throw new Error(`${action} sets ${undeclared.join(', ')}, which its action.yml does not declare`)
    return {
      code: child.exitCode,
      stdout,
      stderr,
      outputs,
      state: parseFileCommand(await readFile(files.state, 'utf8')),
      summary: await readFile(files.summary, 'utf8'),
      endedAfter: cancelled(),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Returns what tells how long the step went on after it. */
function cancel(child: ChildProcess, ended: Promise<unknown>, signal?: AbortSignal): () => number | undefined {
  const timers: NodeJS.Timeout[] = []
  let from: number | undefined
  let seconds: number | undefined
  signal?.addEventListener('abort', () => {
    if (!child.kill('SIGINT')) return
    from = performance.now()
    timers.push(
      setTimeout(() => child.kill('SIGTERM'), 7500),
      setTimeout(() => child.kill('SIGKILL'), 10_000),
    )
  })
  void ended.then(() => {
    if (from !== undefined) seconds = (performance.now() - from) / 1000
    timers.forEach(clearTimeout)
  })
  return () => seconds
}

/** A run of no repository in particular; tests override what matters to them. */
function job(folder: string): Record<string, string> {
  return {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTOR: 'octocat',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_JOB: 'deploy',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REPOSITORY: 'acme/shop',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '1001',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567',
    GITHUB_WORKFLOW: 'Pipeline',
    GITHUB_WORKSPACE: folder,
    RUNNER_TEMP: folder,
  }
}

function defaults(action: string): Record<string, string> {
  const inputs = Object.entries(readMetadata(action).inputs ?? {})
  return Object.fromEntries(inputs.map(([name, input]) => [name, String(input?.default ?? '')]))
}

function prefixed(prefix: string, values: Readonly<Record<string, string>>, spell: (name: string) => string) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${spell(name)}`, value]))
}

/** `name<<delimiter`, the value, `delimiter`: how steps hand values to the runner. */
function parseFileCommand(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  for (const [, name = '', , value = ''] of text.matchAll(/^(.+?)<<(.+)\n([\s\S]*?)\n?^\2$/gm)) values[name] = value
  return values
}
