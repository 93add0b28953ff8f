import { spawn } from 'node:child_process'
import type { Exited } from './lab.ts'

export interface RunOptions {
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Milliseconds until the program is killed; ten minutes unless told. */
  readonly timeout?: number
}

/** Runs a program on this machine to its end. A program killed by a signal ends with code -1. */
export function run(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<Exited> {
  const [file, ...rest] = argv
  return new Promise((resolve, reject) => {
    const child = spawn(file, rest, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
    })
    // Not `timeout` of spawn: its timer outlives a program that could not be started.
    const deadline = setTimeout(() => child.kill('SIGKILL'), options.timeout ?? 600_000)
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    // A program that ends without reading its input closes the pipe; its exit code tells the rest.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.stdin ?? '')
    child.on('error', (error) => {
      clearTimeout(deadline)
      reject(error)
    })
    child.on('close', (code) => {
      clearTimeout(deadline)
      resolve({ code: code ?? -1, stdout, stderr })
    })
  })
}

/** Runs a program that must succeed, and returns what it printed, without the last newline. */
export async function output(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(argv, options)
  if (code === 0) return stdout.trimEnd()
  const lastLines = (stderr + stdout).trimEnd().split('\n').slice(-15).join('\n    ')
  throw new Error(`${argv.slice(0, 4).join(' ')} failed (exit code ${code}):\n    ${lastLines}`)
}

/** True when the program is there and says yes. */
export async function succeeds(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<boolean> {
  try {
    return (await run(argv, { timeout: 30_000, ...options })).code === 0
  } catch {
    return false
  }
}

/** Tells the person who waits what is going on; stderr, since stdout belongs to the program that uses the lab. */
export function progress(text: string): void {
  process.stderr.write(`[lab] ${text}\n`)
}
