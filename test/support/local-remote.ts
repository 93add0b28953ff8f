import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Command } from '../../src/command/command.ts'
import type { Remote, RemoteOutcome } from '../../src/host/remote.ts'
import { findOnPath } from './lab/find-on-path.ts'

export interface Circumstances {
  /** On top of this process's own. */
  readonly env?: Readonly<Record<string, string>>
  /** Folders that come before PATH. */
  readonly bin?: readonly string[]
  /** The only folders of PATH. */
  readonly path?: readonly string[]
  /** Lines of shell that root runs before the command, where nobody else sees what they mount. */
  readonly mounts?: string
  /** Runs it as this user, without further groups. */
  readonly user?: string
  /** What `sh` is; with `busybox`, the other tools are BusyBox's too, where nothing comes before them on PATH. */
  readonly shell?: string
}

/** This machine as a host, under changed circumstances: commands are run here, by whom and with what is wished. */
export class LocalRemote implements Remote {
  readonly host = { user: 'deploy', name: 'web1', port: 22 }
  readonly #circumstances: Circumstances
  readonly #folder = mkdtempSync(join(tmpdir(), 'estiba-local-'))

  constructor(circumstances: Circumstances = {}) {
    this.#circumstances = circumstances
    const [shell] = findOnPath(circumstances.shell ?? 'sh')
    if (shell === undefined) throw new Error(`${circumstances.shell ?? 'sh'} is not installed`)
    symlinkSync(shell, join(this.#folder, 'sh'))
  }

  run({ argv }: Command): Promise<RemoteOutcome> {
    const { env, bin = [], path } = this.#circumstances
    const PATH = [...bin, this.#folder, ...(path ?? [process.env['PATH'] ?? ''])].join(delimiter)
    const [program, ...args] = this.#wrapped(['env', `PATH=${PATH}`, ...argv])
    return new Promise((resolve) => {
      execFile(program, args, { env: { ...process.env, ...env }, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code ?? 1)
        resolve({ kind: 'exited', code, stdout, stderr })
      })
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.#folder, { recursive: true })
    return Promise.resolve()
  }

  #wrapped(argv: readonly string[]): [program: string, ...args: string[]] {
    const { mounts, user } = this.#circumstances
    const asUser = user === undefined ? [] : ['setpriv', '--reuid', user, '--regid', user, '--clear-groups']
    const apart =
      mounts === undefined
        ? []
        : ['unshare', '--mount', '--propagation', 'private', 'sh', '-ec', `${mounts}\nexec "$@"`, 'sh']
    const privileges = user === undefined && mounts === undefined ? [] : asRoot()
    const [program = 'env', ...args] = [...privileges, ...apart, ...asUser, ...argv]
    return [program, ...args]
  }
}

/** What comes before a command that needs root. */
export function asRoot(): readonly string[] {
  return process.getuid?.() === 0 ? [] : ['sudo', '-n', '--preserve-env']
}
