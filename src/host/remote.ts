import type { Command } from '../command/command.ts'
import type { Host } from './host.ts'

/**
 * How a command on another machine ended. A lost connection is an outcome of its own: the command may or may not have
 * run, may still be running, and has no exit code.
 */
export type RemoteOutcome =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'lost'; readonly reason: string; readonly stdout: string; readonly stderr: string }

export interface RunOptions {
  /** Called with each complete line as it arrives; what is streamed here is not collected in the outcome. */
  readonly onStdoutLine?: (line: string) => void
  readonly onStderrLine?: (line: string) => void
  readonly signal?: AbortSignal
  /** In place of the command's own: what comes later than the command; undefined for nothing at all. */
  readonly stdinLater?: Promise<Command['stdin']>
}

/** The only way the rest of the suite reaches another machine: one connection to one pinned host. */
export interface Remote extends AsyncDisposable {
  readonly host: Host
  run(command: Command, options?: RunOptions): Promise<RemoteOutcome>
}

/** Opens a connection to the same host anew; what follows a transaction needs it after a lost link. */
export type Connect = () => Promise<Remote>
