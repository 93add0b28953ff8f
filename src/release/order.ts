import { command } from '../command/command.ts'
import type { RunLocal } from '../command/local.ts'
import { StepError, UsageError } from '../errors.ts'
import type { Comparison, GitHub } from '../runner/github.ts'

/** How a commit stands to the live release's in the history of the repository. */
export type Order =
  | { readonly kind: 'same' | 'newer' | 'older' | 'diverged' }
  /** Why it can't be told, as a clause. */
  | { readonly kind: 'unknown'; readonly why: string }

export interface Commits {
  /** Full names; '' where it is not known. */
  readonly commit: string
  readonly live: string
}

export interface Historians {
  readonly run: RunLocal
  /** Where the repository is checked out, if it is. */
  readonly workspace: string
  /** Undefined without a token. */
  readonly github: GitHub | undefined
}

/**
 * Asks the history on the runner, and GitHub where that one does not reach far enough, as in a shallow clone. What can't be
 * told is an answer too; it only rejects when the job is cancelled.
 */
export async function findOrder(commits: Commits, historians: Historians, signal: AbortSignal): Promise<Order> {
  const { commit, live } = commits
  if (commit === '' || live === '')
    return { kind: 'unknown', why: `no commit is known of ${live === '' ? 'the live release' : 'this run'}` }
  if (commit === live) return { kind: 'same' }
  return (await orderInHistory(commits, historians)) ?? (await orderOnGitHub(commits, historians.github, signal))
}

/** Undefined where the clone does not hold both commits and everything between them. */
async function orderInHistory({ commit, live }: Commits, { run, workspace }: Historians): Promise<Order | undefined> {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], GIT_NO_LAZY_FETCH: '1' }
  const git = async (...args: readonly string[]) => run(command('git', '-C', workspace, ...args), { env })
  // 0: it is; 1: it is not; anything else: one of them is not there.
  const isAncestor = async (one: string, other: string): Promise<number> =>
    (await git('merge-base', '--is-ancestor', one, other)).code
  try {
    const older = await isAncestor(commit, live)
    if (older === 0) return { kind: 'older' }
    const newer = await isAncestor(live, commit)
    if (newer === 0) return { kind: 'newer' }
    const isWhole = (await git('rev-parse', '--is-shallow-repository')).stdout.trim() === 'false'
    return older === 1 && newer === 1 && isWhole ? { kind: 'diverged' } : undefined
  } catch (error) {
    if (error instanceof StepError) return undefined
    throw error
  }
}

const ORDERS = { ahead: 'newer', behind: 'older', identical: 'same', diverged: 'diverged' } as const satisfies Record<
  Comparison,
  Order['kind']
>

async function orderOnGitHub(
  { commit, live }: Commits,
  github: GitHub | undefined,
  signal: AbortSignal,
): Promise<Order> {
  if (github === undefined)
    return { kind: 'unknown', why: 'the clone does not hold both commits, and there is no github-token to ask GitHub' }
  try {
    const comparison = await github.compare(live, commit)
    return comparison === undefined
      ? { kind: 'unknown', why: 'GitHub does not know both commits in this repository, or the token may not read it' }
      : { kind: ORDERS[comparison] }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof StepError || error instanceof UsageError) return { kind: 'unknown', why: error.message }
    throw error
  }
}
