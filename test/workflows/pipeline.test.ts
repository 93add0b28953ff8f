import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { ActResult } from '../support/act/result.ts'
import { Team } from '../support/act/team.ts'
import { labFromContext } from '../support/lab/context.ts'

/** One team's days, told in order: each test goes on from where the one before left the servers. */
let team: Team

beforeAll(async () => {
  team = await Team.create(labFromContext(), { stack: 'pipeline', port: 8086 })
})

afterEach(() => {
  expect(team.github.problems).toEqual([])
})

afterAll(async () => {
  await team[Symbol.asyncDispose]()
})

test('a push to main goes to staging, and production is not touched', async () => {
  const commit = await team.release('v1')
  const run = await team.push()
  expect(run.exitCode, run.log).toBe(0)
  expect(jobs(run)).toEqual(inAnyOrder('Lint', 'Image', 'Deploy', 'Record'))
  expect(await team.answers('staging')).toBe('v1')
  expect(await team.images('production')).toEqual([])
  expect(recorded()).toEqual([`staging ${commit} success`])
})

test('a tag promotes the digests that staging has confirmed, without building anything', async () => {
  const run = await team.tag('v1.0.0')
  expect(run.exitCode, run.log).toBe(0)
  expect(jobs(run)).toEqual(
    inAnyOrder('Lint', 'Approval is asked for', 'What staging has confirmed', 'Deploy', 'Record'),
  )
  expect(await team.answers('production')).toBe('v1')
  const images = await team.images('production')
  expect(images).toEqual(await team.images('staging'))
  expect(images).toEqual([
    expect.stringMatching(/\/shop-api@sha256:[0-9a-f]{64}$/),
    expect.stringMatching(/\/shop-frontend@sha256:[0-9a-f]{64}$/),
  ])
})

test('a tag pushed together with main waits for its staging, then promotes', async () => {
  await team.shop.addMigration('notes', 'ALTER TABLE orders ADD COLUMN note text')
  const commit = await team.release('v2')
  const runId = team.github.addRun({ commit, branch: 'main' })
  const tag = team.tag('v2.0.0')
  const main = await team.push({ runId })
  team.github.endRun(runId, main.exitCode === 0 ? 'success' : 'failure')
  expect(main.exitCode, main.log).toBe(0)
  expect(await team.answers('staging')).toBe('v2')

  const promoted = await tag
  expect(promoted.exitCode, promoted.log).toBe(0)
  expect(promoted.log).toContain(`Waiting for https://github.com/octo/shop/actions/runs/${runId}`)
  expect(jobs(promoted)).not.toContain('Image')
  expect(await team.answers('production')).toBe('v2')
  expect(await team.images('production')).toEqual(await team.images('staging'))
  expect(recorded().slice(-2)).toEqual([`staging ${commit} success`, `production ${commit} success`])
})

test('a rollback by hand brings the previous version back, and GitHub knows', async () => {
  const run = await team.rollBack('production')
  expect(run.exitCode, run.log).toBe(0)
  expect(await team.answers('production')).toBe('v1')
  expect(await team.answers('staging')).toBe('v2')
  const states = team.github.deployments
    .filter(({ environment }) => environment === 'production')
    .map(({ id }) => team.github.statesOf(id).join(' '))
  expect(states).toEqual(['success success', 'success failure'])
})

test('a release that answers its checks with errors is red before it goes on trial, and the old version answers', async () => {
  await team.release('v3')
  const before = await team.shop.read('nginx/default.conf')
  await team.shop.write(
    'nginx/default.conf',
    before.replace(/location \/ \{/, 'location = /api/products { return 503; }\n    location / {'),
  )
  const broken = await team.shop.commit('Break the shop')
  const run = await team.push()
  expect(run.exitCode, run.log).toBe(1)
  expect(steps(run, 'Deploy')).toContain('failure Put the release on trial')
  expect(steps(run, 'Deploy')).toContain('success Go back to the release before')
  expect(await team.answers('staging')).toBe('v2')
  expect(recorded().join()).not.toContain(broken)
  await team.shop.write('nginx/default.conf', before)
})

test('with the runner killed after the switch, the old version answers by itself', async () => {
  // The smoke test lengthens the lease by what its checks may take, if it comes to that before the kill: a minute in all.
  await team.copyCallers({
    lease: '30s',
    // Nothing that the new release could be asked before the switch.
    checks: '- url: http://localhost:9/never\n  retries: 15\n  every: 1s\n  timeout: 1s\n',
  })
  await team.release('v4')
  await using run = await team.startPush()
  await run.until(
    ({ step, stage, stepResult }) =>
      step === 'Put the release on trial' && stage === 'Main' && stepResult === 'success',
  )
  expect(await team.answers('staging')).toBe('v4')
  await run.kill()
  await expect.poll(() => team.answers('staging'), { timeout: 180_000, interval: 500 }).toBe('v2')
})

test('a tag on a commit that staging never saw goes through staging first', async () => {
  const { staging, production } = {
    staging: team.settings('staging').variables,
    production: team.settings('production').variables,
  }
  await team.copyCallers({
    'staging-host': staging.SSH_HOST,
    'staging-known-hosts': staging.SSH_KNOWN_HOSTS,
    'staging-base-url': staging.BASE_URL,
    'production-host': production.SSH_HOST,
    'production-known-hosts': production.SSH_KNOWN_HOSTS,
    'production-base-url': production.BASE_URL,
  })
  const commit = await team.release('v5')
  const run = await team.tag('v5.0.0')
  expect(run.exitCode, run.log).toBe(0)
  const once = ['Lint', 'Approval is asked for', 'What staging has confirmed', 'Image']
  expect(jobs(run)).toEqual(inAnyOrder(...once, 'Deploy', 'Record', 'Deploy', 'Record'))
  expect([await team.answers('staging'), await team.answers('production')]).toEqual(['v5', 'v5'])
  expect(await team.images('production')).toEqual(await team.images('staging'))
  expect(recorded().slice(-2)).toEqual([`staging ${commit} success`, `production ${commit} success`])
})

test('where nobody would be asked, nothing is built or deployed', async () => {
  const before = await team.answers('production')
  team.github.addEnvironment('production')
  await team.release('v6')
  const run = await team.tag('v6.0.0')
  expect(run.exitCode).toBe(1)
  expect(run.log).toContain('production has no required reviewers')
  expect(jobs(run)).toEqual(inAnyOrder('Lint', 'Approval is asked for'))
  expect(await team.answers('production')).toBe(before)
})

test('a pull request is checked, and pushes nothing', async () => {
  const commit = await team.release('v7')
  const run = await team.pullRequest()
  expect(run.exitCode, run.log).toBe(0)
  expect(jobs(run)).toEqual(inAnyOrder('Image', 'Lint'))
  const response = await fetch(`http://${labFromContext().registry.url}/v2/shop-api/tags/list`)
  const { tags = [] } = (await response.json()) as { tags?: readonly string[] }
  expect(tags).not.toContain(commit)
})

/** Names of the jobs that ran. Some run beside each other, so that their order says nothing. */
function jobs(run: ActResult): readonly string[] {
  return run.jobs.map(({ name }) => name.split('/').at(-1)?.trim() ?? '').toSorted()
}

function inAnyOrder(...names: readonly string[]): readonly string[] {
  return names.toSorted()
}

function steps(run: ActResult, job: string): readonly string[] {
  return run.jobs
    .filter(({ name }) => name.endsWith(`/${job}`))
    .flatMap((each) =>
      each.steps.filter(({ stage }) => stage === 'Main').map(({ name, result }) => `${result} ${name}`),
    )
}

/** What is recorded on GitHub, with the last state of each, oldest first. */
function recorded(): readonly string[] {
  return team.github.deployments.map(
    ({ id, environment, sha }) => `${environment} ${sha} ${team.github.statesOf(id).at(-1) ?? ''}`,
  )
}
