import { exec } from '@actions/exec'
import { StringDecoder } from 'node:string_decoder'
import type { Command } from './command.ts'

/** How a program on the runner ended. */
export interface LocalOutcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface LocalOptions {
  /** The working folder; the process's own by default. */
  readonly cwd?: string
  /** The whole environment; the process's own by default. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Called with each complete line of stderr as it arrives. */
  readonly onStderrLine?: (line: string) => void
}

/** A port, so that tests can answer for Docker. */
export type RunLocal = (command: Command, options?: LocalOptions) => Promise<LocalOutcome>

/**
 * Runs a program on the runner, without a shell and without echoing its command line. Rejects only when the program
 * could not be started; every exit code is an outcome.
 */
export const runLocal: RunLocal = async ({ argv: [program, ...args], stdin }, { cwd, env, onStderrLine } = {}) => {
  const stdout = collector()
  const stderr = collector()
  const code = await exec(`"${program}"`, args, {
    silent: true,
    ignoreReturnCode: true,
    ...(cwd !== undefined && { cwd }),
    ...(env !== undefined && { env: definedOnly(env) }),
    ...(stdin !== undefined && { input: Buffer.from(stdin) }),
    listeners: { stdout: stdout.add, stderr: stderr.add, ...(onStderrLine && { errline: onStderrLine }) },
  })
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

/** Puts chunks together; a character may be cut in two by the end of one. */
function collector(): { add: (chunk: Buffer) => void; text: () => string } {
  const decoder = new StringDecoder('utf8')
  let text = ''
  return {
    add: (chunk) => {
      text += decoder.write(chunk)
    },
    text: () => text + decoder.end(),
  }
}

function definedOnly(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
