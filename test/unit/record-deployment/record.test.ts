import { afterEach, beforeEach, expect, test } from 'vitest'
import { recordDeployment } from '../../../actions/record-deployment/record.ts'
import type { Inputs } from '../../../actions/record-deployment/inputs.ts'
import { confirmedRelease } from '../../../src/deployment/confirmed.ts'
import type { GitHub } from '../../../src/runner/github.ts'
import { FakeJob } from '../../support/fake-job.ts'
import { clientOf } from '../../support/github/client.ts'
import { GitHubDouble } from '../../support/github/double.ts'

let github: GitHubDouble
let client: GitHub
let job: FakeJob

beforeEach(async () => {
  github = await GitHubDouble.start()
  client = clientOf(github)
  job = new FakeJob()
})

afterEach(async () => {
  await github[Symbol.asyncDispose]()
  expect(github.problems).toEqual([])
})

const place = { token: 'token', environment: 'staging', url: 'https://staging.example.com' }

async function deploy(release: string, environment = 'staging'): Promise<number> {
  const commit = release.padEnd(40, '0')
  const record = {
    images: { api: { repository: 'api', digest: `sha256:${release.repeat(64)}` } },
    release,
    version: `v${release}`,
  }
  const outputs = await recordDeployment({ ...place, environment, event: 'deploy', commit, record }, job, client)
  return Number(outputs['deployment'])
}

function rollback(release: string, environment = 'staging'): Promise<Readonly<Record<string, string>>> {
  const inputs: Inputs = { ...place, environment, event: 'rollback', release }
  return recordDeployment(inputs, job, client)
}

test('records the commit, the digests and the page of the run', async () => {
  const id = await deploy('1')
  expect(github.deployments).toMatchObject([
    {
      id,
      sha: '1'.padEnd(40, '0'),
      task: 'deploy:estiba',
      environment: 'staging',
      payload: {
        estiba: 1,
        images: { api: { repository: 'api', digest: `sha256:${'1'.repeat(64)}` } },
        release: '1',
        version: 'v1',
      },
    },
  ])
  expect(github.statuses.get(id)).toMatchObject([
    {
      state: 'success',
      log_url: 'https://github.com/octo/shop/actions/runs/4711/attempts/1',
      environment_url: 'https://staging.example.com',
    },
  ])
})

test('a rollback withdraws what was live and confirms anew what is', async () => {
  const [first, second] = [await deploy('1'), await deploy('2')]
  expect(await rollback('1')).toEqual({ deployment: String(first) })
  expect(github.statesOf(first)).toEqual(['success', 'inactive', 'success'])
  expect(github.statesOf(second)).toEqual(['success', 'failure'])
  expect(await confirmedRelease(client, { environment: 'staging', commit: '2'.padEnd(40, '0') })).toBeUndefined()
})

test('only what was live is withdrawn, not what was skipped on the way back', async () => {
  const [first, second, third] = [
    await deploy('1', 'production'),
    await deploy('2', 'production'),
    await deploy('3', 'production'),
  ]
  await rollback('1', 'production')
  expect([first, second, third].map((id) => github.statesOf(id))).toEqual([
    ['success', 'success'],
    ['success'],
    ['success', 'failure'],
  ])
})

test('a second rollback starts from what the first confirmed', async () => {
  const [first, second, third] = [await deploy('1'), await deploy('2'), await deploy('3')]
  await rollback('2')
  await rollback('1')
  expect(github.statesOf(third).at(-1)).toBe('failure')
  expect(github.statesOf(second).at(-1)).toBe('failure')
  expect(github.statesOf(first).at(-1)).toBe('success')
})

test('a repeat changes nothing', async () => {
  const [first, second] = [await deploy('1'), await deploy('2')]
  await rollback('1')
  const before = [github.statesOf(first), github.statesOf(second)]
  expect(await rollback('1')).toEqual({ deployment: String(first) })
  expect([github.statesOf(first), github.statesOf(second)]).toEqual(before)
})

test('a release that GitHub has no record of is said, and what was live is withdrawn all the same', async () => {
  const id = await deploy('2')
  expect(await rollback('1')).toEqual({ deployment: '' })
  expect(github.statesOf(id)).toEqual(['success', 'failure'])
  expect(job.lines.at(-1)).toBe(
    'warning: None of the newest deployments to staging on GitHub is of release 1: not recorded there.',
  )
})

test('deployments of others are left alone', async () => {
  const other = { commit: 'f'.repeat(40), environment: 'staging', description: '', payload: {} }
  const foreign = await client.createDeployment({ ...other, task: 'deploy' })
  await client.createStatus(foreign, { state: 'in_progress', description: '', logUrl: 'https://example.com' })
  await deploy('1')
  await deploy('2')
  await rollback('1')
  expect(github.statesOf(foreign)).toEqual(['in_progress'])
})
