import { randomBytes } from 'node:crypto'
import { type Command, script } from '../command/command.ts'
import { StepError } from '../errors.ts'
import type { Remote } from '../host/remote.ts'
import type { Step } from '../plan/plan.ts'
import type { Stack } from '../stack/stack.ts'
import { Follower, type Following, type Tell } from './follower.ts'
import { addressed, packFiles } from './package.ts'
import { agentName, type Opening, openingFiles, phaseFiles } from './plan-files.ts'
import { addPhaseProgram, openProgram } from './programs.ts'
import { explainCause, type Progress } from './progress.ts'
import { parseToken } from './token.ts'
import type { Verdict } from './verdict.ts'

/** A transaction on a host, as its owner holds it. Every call returns when the agent waits again or the transaction ended. */
export interface Transaction {
  readonly id: string
  /** Id and nonce: what later steps of the same job need to go on with it. Not a secret. */
  readonly token: string
  /** `prove` is refused where the plan has no such phase. */
  advance(phase: 'prove' | 'switch', tell: Tell): Promise<Progress>
  /** Adds the steps of a migration and runs them. */
  migrate(steps: readonly Step[], tell: Tell): Promise<Progress>
  report(check: string, verdict: Verdict): Promise<void>
  /** `lease` in seconds from now. */
  renew(lease: number): Promise<void>
  confirm(how: 'checked' | 'unchecked', tell: Tell): Promise<Progress>
  abort(cause: string, tell: Tell): Promise<Progress>
}

const silent: Tell = { line: () => undefined }

/** `t-20261121T233000Z-1f2e3d`: sorts by time, safe as a file name. */
export function newTransactionId(at: Date): string {
  return `t-${at.toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${randomBytes(3).toString('hex')}`
}

function newWordId(): string {
  return randomBytes(6).toString('hex')
}

export function newNonce(): string {
  return randomBytes(8).toString('hex')
}

/** What opens a transaction, its name and content apart: it may be started ahead of them. */
export function openCommand({ path }: Stack): Command {
  return script(openProgram, path, agentName)
}

/** Hands a planned transaction to the host and follows it until it is prepared, or on trial if it goes on, or has ended. */
export async function openTransaction(
  remote: Remote,
  id: string,
  opening: Opening,
  tell: Tell,
  following: Following = {},
): Promise<{ transaction: Transaction; progress: Progress }> {
  const command = { ...openCommand(opening.stack), stdin: addressed(id, await packFiles(openingFiles(opening))) }
  const transaction = new RemoteTransaction(remote, opening.stack.path, id, opening.nonce, following)
  return { transaction, progress: await transaction.begin(command, opening.goesOn?.length ?? 0, tell) }
}

/** Takes up a transaction that an earlier step of the job opened. */
export function joinTransaction(
  remote: Remote,
  stackPath: string,
  token: string,
  following: Following = {},
): Transaction {
  const { id, nonce } = parseToken(token)
  return new RemoteTransaction(remote, stackPath, id, nonce, following)
}

/** Somebody else's transaction, which anybody with access may abort. */
export function foreignTransaction(
  remote: Remote,
  stackPath: string,
  id: string,
  following: Following = {},
): Transaction {
  return new RemoteTransaction(remote, stackPath, id, 'none', following)
}

class RemoteTransaction implements Transaction {
  readonly id: string
  readonly #follower: Follower
  readonly #stack: string
  readonly #nonce: string

  constructor(remote: Remote, stack: string, id: string, nonce: string, following: Following) {
    this.id = id
    this.#follower = new Follower(remote, stack, id, following)
    this.#stack = stack
    this.#nonce = nonce
  }

  get token(): string {
    return `${this.id}.${this.#nonce}`
  }

  advance(phase: 'prove' | 'switch', tell: Tell): Promise<Progress> {
    return this.#say(tell, 'advance', phase)
  }

  async migrate(steps: readonly Step[], tell: Tell): Promise<Progress> {
    const { content, sha256 } = await packFiles(phaseFiles('.', steps))
    const word = newWordId()
    return this.#follower.follow(tell, (from) => ({
      ...script(addPhaseProgram, this.#stack, this.id, sha256, this.#nonce, word, String(from), 'migrate'),
      stdin: content,
    }))
  }

  async report(check: string, verdict: Verdict): Promise<void> {
    this.#mustBeHeard(`report ${check} as ${verdict}`, await this.#say(silent, 'report', check, verdict))
  }

  async renew(lease: number): Promise<void> {
    this.#mustBeHeard(`renew the lease for ${lease} s`, await this.#say(silent, 'renew', String(lease)))
  }

  confirm(how: 'checked' | 'unchecked', tell: Tell): Promise<Progress> {
    return this.#say(tell, 'confirm', how)
  }

  abort(cause: string, tell: Tell): Promise<Progress> {
    return this.#say(tell, 'abort', cause)
  }

  /**
   * Runs the command that opens it with so many words. After a lost connection it is not opened again, but followed as far
   * as it came.
   */
  begin(command: Command, words: number, tell: Tell): Promise<Progress> {
    const again = (from: number): Command => this.#follower.program('follow', String(from || 1), String(words))
    return this.#follower.follow(tell, (from, isAgain) => (isAgain ? again(from) : command))
  }

  /** A word is heard once, however often it is said: its id tells. */
  #say(tell: Tell, ...words: readonly string[]): Promise<Progress> {
    const id = newWordId()
    return this.#follower.follow(tell, (from) => this.#follower.program('say', this.#nonce, id, String(from), ...words))
  }

  #mustBeHeard(what: string, progress: Progress): void {
    if (progress.kind === 'waiting') return
    const where = { step: what, host: this.#follower.host }
    switch (progress.kind) {
      case 'ended':
        throw new StepError({
          ...where,
          why: `the transaction has ended already: ${[progress.result, explainCause(progress.cause)].filter(Boolean).join(', ')}`,
          next: 'see the log of the step that deployed',
        })
      case 'refused':
        throw new StepError({ ...where, why: `the server refused it: ${explainCause(progress.why)}` })
      case 'gone':
        throw new StepError({ ...where, why: 'the agent on the server is gone and could not be recovered' })
    }
  }
}
