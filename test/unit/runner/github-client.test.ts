import { afterEach, beforeEach, expect, test } from 'vitest'
import { githubClient } from '../../../src/runner/github-client.ts'
import type { GitHub } from '../../../src/runner/github.ts'
import { GitHubDouble } from '../../support/github/double.ts'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'

let github: GitHubDouble
let client: GitHub
let pauses: number[]

beforeEach(async () => {
  github = await GitHubDouble.start()
  pauses = []
  client = githubClient({
    token: 'token',
    repository: 'octo/shop',
    apiUrl: github.url,
    signal: new AbortController().signal,
    sleep: (milliseconds) => {
      pauses.push(milliseconds)
      return Promise.resolve()
    },
  })
})

afterEach(async () => {
  await github[Symbol.asyncDispose]()
  expect(github.problems).toEqual([])
})

test('reads who has to approve', async () => {
  github.addEnvironment('production', ['alice', 'bob'], true)
  github.addEnvironment('staging')
  expect(await client.environment('production')).toMatchObject({ reviewers: ['alice', 'bob'], preventSelfReview: true })
  expect(await client.environment('staging')).toMatchObject({ reviewers: [], preventSelfReview: false })
  expect(await client.environment('nowhere/at all')).toBeUndefined()
})

test('creates deployments and statuses, and lists them newest first', async () => {
  const deployment = { commit: COMMIT, environment: 'staging', task: 'deploy:estiba', description: 'v1' }
  const first = await client.createDeployment({ ...deployment, payload: { n: 1 } })
  const second = await client.createDeployment({ ...deployment, payload: { n: 2 } })
  const status = { description: 'x'.repeat(200), logUrl: 'https://example.com/run' }
  await client.createStatus(first, { ...status, state: 'in_progress' })
  await client.createStatus(first, { ...status, state: 'success', environmentUrl: 'https://staging.example.com/' })

  const found = await client.deployments({ environment: 'staging', task: 'deploy:estiba', commit: COMMIT })
  expect(found.map(({ id, payload }) => ({ id, payload }))).toEqual([
    { id: second, payload: { n: 2 } },
    { id: first, payload: { n: 1 } },
  ])
  expect((await client.statuses(first)).map(({ state }) => state)).toEqual(['success', 'in_progress'])
  expect(await client.deployments({ environment: 'staging', task: 'deploy' })).toEqual([])
})

test('lists the runs of a commit', async () => {
  const id = github.addRun({ commit: COMMIT, branch: 'main', calls: null })
  github.addRun({ commit: 'f'.repeat(40), branch: 'main' })
  expect(await client.runs(COMMIT)).toEqual([
    {
      id,
      url: `https://github.com/octo/shop/actions/runs/${id}`,
      event: 'push',
      branch: 'main',
      status: 'in_progress',
      reusableWorkflows: undefined,
    },
  ])
})

test.each([
  ['b', 'c', 'ahead'],
  ['c', 'b', 'behind'],
  ['b', 'b', 'identical'],
  ['c', 'd', 'diverged'],
  ['c', 'e', undefined],
  ['c', 'f', undefined],
])('compares %s with %s: %s', async (base, head, status) => {
  const history = { a: [], b: ['a'], c: ['b'], d: ['b'], e: [] }
  for (const [commit, parents] of Object.entries(history)) github.commits.set(sha(commit), parents.map(sha))
  expect(await client.compare(sha(base), sha(head))).toBe(status)
})

function sha(digit: string): string {
  return digit.repeat(40)
}

test('reads who approved, each once, and not who was against it or asked about another environment', async () => {
  github.review(7, 'production', 'alice', 'rejected')
  github.review(7, 'production', 'bob')
  github.review(7, 'production', 'bob')
  github.review(7, 'staging', 'carol')
  expect(await client.approvers('7', 'Production')).toEqual(['bob'])
  expect(await client.approvers('8', 'production')).toEqual([])
})

test('asks again after a broken server, a broken line and a limit, as long as GitHub says', async () => {
  github.addEnvironment('production', ['alice'])
  github.failNext({ status: 502 }, 'hang up', { status: 429, headers: { 'retry-after': '7' } })
  expect(await client.environment('production')).toMatchObject({ name: 'production' })
  expect(pauses).toEqual([1000, 2000, 7000])
})

test('takes a secondary limit for what it is', async () => {
  github.failNext({ status: 403, headers: { 'retry-after': '3' }, message: 'You have exceeded a secondary rate limit' })
  expect(await client.runs(COMMIT)).toEqual([])
  expect(pauses).toEqual([3000])
})

test('gives up after five attempts and says what GitHub said', async () => {
  github.failNext(...Array.from({ length: 5 }, () => ({ status: 503, message: 'No server is available' })))
  await expect(client.runs(COMMIT)).rejects.toThrow(
    'list the runs of this commit: GitHub answered 503: No server is available',
  )
  expect(pauses).toHaveLength(4)
  expect(github.calls).toHaveLength(5)
})

test('a missing permission is said at once', async () => {
  github.failNext({ status: 403, message: 'Resource not accessible by integration' })
  await expect(client.environment('production')).rejects.toThrow(
    /github-token: GitHub refused to read the environment production \(HTTP 403: Resource not accessible/,
  )
  expect(github.calls).toHaveLength(1)
})

test('a cancelled job does not go on asking', async () => {
  const controller = new AbortController()
  const stopped = githubClient({
    token: 'token',
    repository: 'octo/shop',
    apiUrl: github.url,
    signal: controller.signal,
    sleep: () => {
      controller.abort(new Error('cancelled'))
      return Promise.resolve()
    },
  })
  github.failNext({ status: 500 })
  await expect(stopped.runs(COMMIT)).rejects.toThrow('cancelled')
})
