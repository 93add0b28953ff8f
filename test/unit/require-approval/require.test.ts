import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Inputs } from '../../../actions/require-approval/inputs.ts'
import { requireApproval } from '../../../actions/require-approval/require.ts'
import { FakeJob } from '../../support/fake-job.ts'
import { clientOf } from '../../support/github/client.ts'
import { GitHubDouble } from '../../support/github/double.ts'

const inputs: Inputs = { token: 'token', environment: 'production', approval: 'required' }

let github: GitHubDouble
let job: FakeJob

beforeEach(async () => {
  github = await GitHubDouble.start()
  job = new FakeJob()
})

afterEach(async () => {
  await github[Symbol.asyncDispose]()
  expect(github.problems).toEqual([])
})

test('passes where somebody has to approve, and says who', async () => {
  github.addEnvironment('production', ['alice', 'bob'], true)
  expect(await requireApproval(inputs, job, clientOf(github))).toEqual({ approval: 'required', approvers: '' })
  expect(job.lines).toEqual(['production is protected: one of alice, bob has to approve the deploy.'])
})

test('says so where the author may approve too', async () => {
  github.addEnvironment('production', ['alice'])
  await requireApproval(inputs, job, clientOf(github))
  expect(job.lines[1]).toContain('Who started the run may approve it too')
})

test('stops where the environment does not exist: GitHub would make it, unprotected', async () => {
  await expect(requireApproval(inputs, job, clientOf(github))).rejects.toThrow(
    'environment: octo/shop has no environment named production, so nobody would be asked to approve this deploy.',
  )
})

test('stops where nobody is asked', async () => {
  github.addEnvironment('production')
  await expect(requireApproval(inputs, job, clientOf(github))).rejects.toThrow(
    /production has no required reviewers[\s\S]*settings\/environments\/production[\s\S]*approval: none-intended/,
  )
})

test.each([
  ['GitHub is out of order', Array.from({ length: 5 }, () => ({ status: 500 })), 'GitHub answered 500'],
  ['the token may not look', [{ status: 403 }], 'Give the job the permissions'],
])('stops where %s', async (_, faults, message) => {
  github.addEnvironment('production', ['alice'])
  github.failNext(...faults)
  await expect(requireApproval(inputs, job, clientOf(github))).rejects.toThrow(message)
})

test('asks nobody where no approval is meant, and says so on the page of the run', async () => {
  const none = { ...inputs, approval: 'none-intended' } as const
  expect(await requireApproval(none, job, clientOf(github))).toEqual({ approval: 'none-intended', approvers: '' })
  expect(job.lines).toEqual([
    'notice: Deploys to production need no approval: the workflow says approval: none-intended.',
  ])
  expect(github.calls).toEqual([])
})

describe('in the job that was approved', () => {
  const given = { ...inputs, approval: 'given' } as const

  test('tells who approved it', async () => {
    github.review(4711, 'production', 'alice')
    github.review(4711, 'production', 'bob')
    expect(await requireApproval(given, job, clientOf(github))).toEqual({ approval: 'given', approvers: 'alice,bob' })
    expect(job.lines).toEqual(['Approved by alice, bob.'])
  })

  test('nobody had to', async () => {
    expect(await requireApproval(given, job, clientOf(github))).toEqual({ approval: 'given', approvers: '' })
  })

  test('is no reason to fail when GitHub does not say', async () => {
    github.failNext({ status: 403 })
    expect(await requireApproval(given, job, clientOf(github))).toEqual({ approval: 'given', approvers: '' })
    expect(job.lines[0]).toMatch(/^warning: Who approved this deploy can't be noted/)
  })
})
