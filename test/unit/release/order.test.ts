import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runLocal } from '../../../src/command/local.ts'
import { findOrder, type Order } from '../../../src/release/order.ts'
import { clientOf } from '../../support/github/client.ts'
import { GitHubDouble } from '../../support/github/double.ts'

const { signal } = new AbortController()
const folder = mkdtempSync(join(tmpdir(), 'estiba-order-'))
const whole = join(folder, 'whole')
const shallow = join(folder, 'shallow')
/** a - b - c, and b - d. */
const commits: Record<string, string> = {}

function git(at: string, ...args: readonly string[]): string {
  const identity = ['-c', 'user.name=Shop', '-c', 'user.email=shop@example.com']
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }
  return execFileSync('git', ['-C', at, ...identity, ...args], { env, encoding: 'utf8', stdio: 'pipe' }).trim()
}

function commit(name: string): void {
  git(whole, 'commit', '--quiet', '--allow-empty', '--message', name)
  commits[name] = git(whole, 'rev-parse', 'HEAD')
}

beforeAll(() => {
  git(folder, 'init', '--quiet', '--initial-branch', 'main', whole)
  for (const name of ['a', 'b']) commit(name)
  git(whole, 'checkout', '--quiet', '-b', 'side')
  commit('d')
  git(whole, 'checkout', '--quiet', 'main')
  commit('c')
  git(folder, 'clone', '--quiet', '--depth', '1', `file://${whole}`, shallow)
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const of = (name: string) => commits[name] ?? name

describe('by the history on the runner', () => {
  const order = (commit: string, live: string, workspace = whole): Promise<Order> =>
    findOrder({ commit: of(commit), live: of(live) }, { run: runLocal, workspace, github: undefined }, signal)

  test.each([
    ['c', 'a', 'newer'],
    ['a', 'c', 'older'],
    ['c', 'c', 'same'],
    ['d', 'c', 'diverged'],
  ])('%s after %s is %s', async (commit, live, kind) => {
    expect(await order(commit, live)).toEqual({ kind })
  })

  test.each([
    ['the live commit is gone', 'c', 'f'.repeat(40), whole],
    ['the clone is shallow', 'c', 'a', shallow],
    ['nothing is checked out', 'c', 'a', folder],
    ['the folder is not there', 'c', 'a', join(folder, 'nowhere')],
  ])('it is not known when %s', async (_, commit, live, workspace) => {
    expect(await order(commit, live, workspace)).toEqual({
      kind: 'unknown',
      why: 'the clone does not hold both commits, and there is no github-token to ask GitHub',
    })
  })

  test('it is not known of releases without a commit', async () => {
    expect(await order('c', '')).toMatchObject({ why: 'no commit is known of the live release' })
    expect(await order('', 'c')).toMatchObject({ why: 'no commit is known of this run' })
  })
})

describe('by GitHub, where the clone is too shallow', () => {
  let github: GitHubDouble
  beforeEach(async () => {
    github = await GitHubDouble.start()
    const parents: Readonly<Record<string, string[]>> = { a: [], b: ['a'], c: ['b'], d: ['b'] }
    for (const [name, of_] of Object.entries(parents)) github.commits.set(of(name), of_.map(of))
  })
  afterEach(async () => {
    expect(github.problems).toEqual([])
    await github[Symbol.asyncDispose]()
  })

  const order = (commit: string, live: string): Promise<Order> =>
    findOrder(
      { commit: of(commit), live: of(live) },
      { run: runLocal, workspace: shallow, github: clientOf(github) },
      signal,
    )

  test.each([
    ['c', 'a', 'newer'],
    ['a', 'c', 'older'],
    ['d', 'c', 'diverged'],
  ])('%s after %s is %s', async (commit, live, kind) => {
    expect(await order(commit, live)).toEqual({ kind })
    expect(github.calls).toHaveLength(1)
  })

  test('a commit that GitHub does not have is unknown', async () => {
    expect(await order('c', 'f'.repeat(40))).toMatchObject({
      why: expect.stringContaining('does not know both') as string,
    })
  })

  test.each([
    ['may not look', [{ status: 403 }], 'GitHub refused to compare'],
    ['is out of order', Array.from({ length: 5 }, () => ({ status: 500 })), 'GitHub answered 500'],
  ])('GitHub %s: unknown, and why', async (_, faults, why) => {
    github.failNext(...faults)
    expect(await order('c', 'a')).toMatchObject({ kind: 'unknown', why: expect.stringContaining(why) as string })
  })

  test('a cancelled job is no answer', async () => {
    github.failNext({ status: 500 })
    const pair = { commit: of('c'), live: of('a') }
    const historians = { run: runLocal, workspace: shallow, github: clientOf(github) }
    await expect(findOrder(pair, historians, AbortSignal.abort(new Error('cancelled')))).resolves.toMatchObject({
      kind: 'newer',
    })
    github.failNext(...Array.from({ length: 5 }, () => ({ status: 500 })))
    await expect(findOrder(pair, historians, AbortSignal.abort(new Error('cancelled')))).rejects.toThrow('cancelled')
  })
})
