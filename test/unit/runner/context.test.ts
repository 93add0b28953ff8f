import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { readContext } from '../../../src/runner/context.ts'

test('reads what the runner says of the run', () => {
  const env = {
    GITHUB_REPOSITORY: 'octo/shop',
    GITHUB_RUN_ID: '4711',
    GITHUB_RUN_ATTEMPT: '2',
    GITHUB_JOB: 'deploy',
    GITHUB_WORKFLOW: 'Deploy',
    GITHUB_ACTOR: 'octocat',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_SHA: '0123',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_SERVER_URL: 'https://github.example.com',
    GITHUB_WORKSPACE: '/work',
    RUNNER_TEMP: '/temp',
  }
  expect(readContext(env)).toEqual({
    repository: 'octo/shop',
    runId: '4711',
    runAttempt: '2',
    job: 'deploy',
    workflow: 'Deploy',
    actor: 'octocat',
    eventName: 'push',
    sha: '0123',
    ref: 'refs/heads/main',
    runUrl: 'https://github.example.com/octo/shop/actions/runs/4711/attempts/2',
    workspace: '/work',
    temp: '/temp',
  })
})

test('does without', () => {
  expect(readContext({})).toMatchObject({ repository: '', runAttempt: '1', workspace: process.cwd(), temp: tmpdir() })
})
