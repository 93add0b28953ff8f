import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { GitHubDouble } from '../support/github/double.ts'

/** The double is worth as much as what it refuses. */
let github: GitHubDouble

beforeEach(async () => {
  github = await GitHubDouble.start()
})

afterEach(async () => {
  await github[Symbol.asyncDispose]()
})

async function ask(path: string, body?: object): Promise<number> {
  const request = body && { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(`${github.url}/repos/octo/shop${path}`, request)
  await response.text()
  return response.status
}

describe('a request that GitHub would not understand is a problem', () => {
  test.each<[what: string, path: string, body: object | undefined, problem: RegExp]>([
    ['a call that there is none of', '/deploymentz', undefined, /GitHub has no such call/],
    ['a filter that GitHub ignores', '/actions/runs?sha=abc', undefined, /there is no parameter sha/],
    ['a page size that is no number', '/deployments?per_page=all', undefined, /query per_page/],
    ['no commit', '/deployments', { environment: 'staging' }, /required property 'ref'/],
    ['a property that there is none of', '/deployments', { ref: 'main', enviroment: 'x' }, /no property enviroment/],
    ['a wrong type', '/deployments', { ref: 'main', auto_merge: 'false' }, /auto_merge: must be boolean/],
  ])('%s', async (_, path, body, problem) => {
    expect(await ask(path, body)).toBeGreaterThanOrEqual(422)
    expect(github.problems.join('\n')).toMatch(problem)
  })

  test('a state that there is none of', async () => {
    await ask('/deployments', { ref: 'main' })
    expect(await ask(`/deployments/${github.deployments[0]?.id ?? 0}/statuses`, { state: 'done' })).toBe(422)
    expect(github.problems.join('\n')).toContain('must be equal to one of the allowed values')
  })
})

test("its own answers are held to GitHub's description", async () => {
  github.environments.set('production', { name: 'production' })
  expect(await ask('/environments/production')).toBe(200)
  expect(github.problems.join('\n')).toContain("double: response 200: must have required property 'html_url'")
})

test('what is not there is 404, and no problem', async () => {
  expect(await ask('/environments/production')).toBe(404)
  expect(await ask('/deployments/7/statuses')).toBe(404)
  expect(github.problems).toEqual([])
})

test('another repository is not there', async () => {
  const response = await fetch(`${github.url}/repos/octo/other/deployments`)
  expect(response.status).toBe(404)
})
