/**
 * A program and its arguments, described but not yet run.
 *
 * Arguments are never quoted beforehand. Quoting happens once, in `toShell`, because sshd hands whatever it gets to the
 * user's login shell.
 */
export interface Command {
  readonly argv: readonly [program: string, ...args: string[]]
  /** Secrets travel here, never in `argv`, where `ps` would show them. */
  readonly stdin?: string | Uint8Array
}

export function command(program: string, ...args: string[]): Command {
  return { argv: [program, ...args] }
}

export function docker(...args: string[]): Command {
  return command('docker', ...args)
}

/** A script for the POSIX shell; `args` become `$1`, `$2`, ... and need no quoting. */
export function script(text: string, ...args: string[]): Command {
  return command('sh', '-c', text, 'sh', ...args)
}

/** Renders a command as one line of POSIX shell, safe to hand to a login shell. */
export function toShell({ argv }: Pick<Command, 'argv'>): string {
  return argv.map(quote).join(' ')
}

const PLAIN = /^[\w@%+=:,./-]+$/

/** Quotes one word for a POSIX shell. */
export function quote(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
