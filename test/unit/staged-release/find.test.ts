import { afterEach, beforeEach, expect, test } from 'vitest'
import { findStagedRelease, type Clock } from '../../../actions/staged-release/find.ts'
import type { Inputs } from '../../../actions/staged-release/inputs.ts'
import { formatRecord, TASK } from '../../../src/deployment/record.ts'
import type { DeploymentState, GitHub } from '../../../src/runner/github.ts'
import { FakeJob } from '../../support/fake-job.ts'
import { clientOf } from '../../support/github/client.ts'
import { GitHubDouble } from '../../support/github/double.ts'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'
const IMAGES = { api: { repository: 'ghcr.io/octo/api', digest: `sha256:${'a'.repeat(64)}` } }
const inputs: Inputs = { token: 'token', environment: 'staging', commit: COMMIT, branch: 'main', waitSeconds: 1800 }

let github: GitHubDouble
let client: GitHub
let job: FakeJob

beforeEach(async () => {
  github = await GitHubDouble.start()
  client = clientOf(github)
  job = new FakeJob({ context: { ref: 'refs/tags/v1.2.3' } })
})

afterEach(async () => {
  await github[Symbol.asyncDispose]()
  expect(github.problems).toEqual([])
})

/** A clock on which time passes only by sleeping; `events` happen when their second has come. */
function clock(events: Readonly<Record<number, () => unknown>> = {}): Clock & { readonly seconds: () => number } {
  let now = 0
  const open = new Map(Object.entries(events))
  return {
    now: () => now,
    seconds: () => now / 1000,
    sleep: async (milliseconds) => {
      now += milliseconds
      for (const [second, happens] of open) {
        if (now < Number(second) * 1000) continue
        open.delete(second)
        await happens()
      }
    },
  }
}

async function record(release: string, ...states: DeploymentState[]): Promise<void> {
  const payload = formatRecord({ images: IMAGES, release, version: 'v1' })
  const id = await client.createDeployment({
    commit: COMMIT,
    environment: 'staging',
    task: TASK,
    description: '',
    payload,
  })
  for (const state of states) await client.createStatus(id, { state, description: '', logUrl: 'https://example.com/' })
}

test('finds what staging confirmed, with its digests, at once', async () => {
  await record('r1', 'success')
  const time = clock()
  expect(await findStagedRelease(inputs, job, client, time)).toEqual({
    found: 'true',
    images: JSON.stringify(IMAGES),
    release: 'r1',
  })
  expect(time.seconds()).toBe(0)
  expect(job.lines[1]).toBe(`  api: ghcr.io/octo/api@sha256:${'a'.repeat(64)}`)
  expect(job.lines[0]).toMatch(/^staging confirmed 0123456789 as release r1 \(deployment \d+\):$/)
})

test('of several it takes the newest, and skips what is not decided', async () => {
  await record('r1', 'success')
  await record('r2', 'success')
  await record('r3', 'in_progress')
  expect(await findStagedRelease(inputs, job, client, clock())).toMatchObject({ found: 'true', release: 'r2' })
})

test('what a newer deployment replaced stays proved', async () => {
  await record('r1', 'success')
  const payload = formatRecord({ images: IMAGES, release: 'r2', version: 'v2' })
  const other = { commit: 'f'.repeat(40), environment: 'staging', task: TASK, description: '', payload }
  const newer = await client.createDeployment(other)
  await client.createStatus(newer, { state: 'success', description: '', logUrl: 'https://example.com/' })
  expect(await findStagedRelease(inputs, job, client, clock())).toMatchObject({ found: 'true', release: 'r1' })
})

test('what was withdrawn is not found', async () => {
  await record('r1', 'success')
  await record('r2', 'success', 'failure')
  const run = github.addRun({ commit: COMMIT, branch: 'main' })
  github.endRun(run, 'success')
  expect(await findStagedRelease(inputs, job, client, clock())).toMatchObject({ found: 'false', images: '' })
})

test('waits for the run of main that was pushed together with the tag', async () => {
  const run = github.addRun({ commit: COMMIT, branch: 'main', status: 'queued' })
  const time = clock({
    240: () => record('r1', 'success'),
    250: () => {
      github.endRun(run, 'success')
    },
  })
  expect(await findStagedRelease(inputs, job, client, time)).toMatchObject({ found: 'true', release: 'r1' })
  expect(time.seconds()).toBeLessThan(280)
  expect(job.lines.filter((line) => line.startsWith('Waiting'))).toEqual([
    `Waiting for https://github.com/octo/shop/actions/runs/${run}, which may still confirm it on staging.`,
  ])
})

test('waits a little for a run that GitHub has not started yet', async () => {
  const time = clock({
    12: () => github.addRun({ commit: COMMIT, branch: 'main' }),
    60: () => record('r1', 'success'),
  })
  expect(await findStagedRelease(inputs, job, client, time)).toMatchObject({ found: 'true' })
})

test('a commit that never saw staging is not found', async () => {
  const time = clock()
  expect(await findStagedRelease(inputs, job, client, time)).toEqual({ found: 'false', images: '', release: '' })
  expect(time.seconds()).toBeLessThan(30)
  expect(job.lines.at(-1)).toBe(
    'staging has not confirmed 0123456789: no run of main deploys it. It has to pass staging first.',
  )
})

test('a run that failed ends the wait', async () => {
  const run = github.addRun({ commit: COMMIT, branch: 'main' })
  const time = clock({
    60: () => {
      github.endRun(run, 'failure')
    },
  })
  expect(await findStagedRelease(inputs, job, client, time)).toMatchObject({ found: 'false' })
  expect(job.lines.at(-1)).toContain(`runs/${run} ended without confirming it`)
})

test.each([
  ['its own run', { branch: 'main', own: true }],
  ['a run of another tag on the commit', { branch: 'v1.2.4' }],
  ['a pull request', { branch: 'main', event: 'pull_request' }],
  ['a run that deploys nothing', { branch: 'main', calls: ['octo/ci/.github/workflows/tests.yml@v1'] }],
  ['a run that calls nothing', { branch: 'main', calls: [] }],
])('does not wait for %s', async (_, { own = false, ...run }: { branch: string; own?: boolean; calls?: string[] }) => {
  const id = github.addRun({ commit: COMMIT, ...run })
  if (own) job = new FakeJob({ context: { runId: String(id) } })
  const time = clock()
  expect(await findStagedRelease(inputs, job, client, time)).toMatchObject({ found: 'false' })
  expect(time.seconds()).toBeLessThan(30)
})

test('waits for a run of main where GitHub does not say what it calls', async () => {
  github.addRun({ commit: COMMIT, branch: 'main', calls: null })
  const time = clock({ 100: () => record('r1', 'success') })
  expect(await findStagedRelease(inputs, job, client, time)).toMatchObject({ found: 'true' })
})

test('stops waiting when the time is up, and says what to do', async () => {
  const run = github.addRun({ commit: COMMIT, branch: 'main', status: 'in_progress' })
  await expect(findStagedRelease({ ...inputs, waitSeconds: 600 }, job, client, clock())).rejects.toThrow(
    [
      `wait for staging to confirm 0123456789: https://github.com/octo/shop/actions/runs/${run} is still in progress after 10 min`,
      'State: nothing was deployed by this run',
      'Next: once that run has ended, re-run the failed jobs of this one; or give it longer with the input wait',
    ].join('\n'),
  )
})
