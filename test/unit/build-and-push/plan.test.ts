import { describe, expect, test } from 'vitest'
import { formatPlan, planBuild } from '../../../actions/build-and-push/plan.ts'
import { builtImages, formatSummary } from '../../../actions/build-and-push/result.ts'
import type { Project } from '../../../src/image/project.ts'
import { FakeJob } from '../../support/fake-job.ts'

const sha = 'a'.repeat(40)
const digest = `sha256:${'b'.repeat(64)}`
const runUrl = 'https://github.example/acme/shop/actions/runs/7/attempts/1'
const { context } = new FakeJob({ context: { sha, ref: 'refs/tags/v1.2.3', repository: 'acme/shop', runUrl } })
const wishes = { imagePrefix: undefined, tags: undefined, push: true, login: undefined }
const login = { registry: 'ghcr.io', username: 'octocat', password: 'secret' }

const project: Project = {
  name: 'shop',
  secrets: {},
  services: [
    { name: 'api', image: 'ghcr.io/acme/api:dev', build: { context: '/shop/api' } },
    { name: 'page', image: 'ghcr.io/acme/page', build: { context: '/shop/page' } },
    { name: 'worker', image: 'ghcr.io/acme/api:dev' },
  ],
}
const commit = { sha, committed: '2026-01-02T03:04:05Z' }

describe('a plan', () => {
  test('says what will be built, for whom, and under which tags', () => {
    const plan = planBuild({ ...wishes, login }, { project, commit }, context)
    expect(formatPlan(plan)).toBe(
      [
        'Build and push 2 images in one graph:',
        '  ghcr.io/acme/api, run by api, worker',
        '  ghcr.io/acme/page, run by page',
        `Tags: 1.2.3, 1.2, 1, sha-aaaaaaaaaaaa, ${sha}`,
        'Log in to ghcr.io first, for this step only.',
      ].join('\n'),
    )
    expect(plan.bake.file.target['api']?.['labels']).toEqual({
      'org.opencontainers.image.title': 'api',
      'org.opencontainers.image.source': 'https://github.example/acme/shop',
      'org.opencontainers.image.revision': sha,
      'org.opencontainers.image.version': '1.2.3',
      'org.opencontainers.image.created': '2026-01-02T03:04:05Z',
    })
  })

  test('without push keeps the result nowhere', () => {
    const plan = planBuild({ ...wishes, push: false }, { project, commit }, context)
    expect(plan.bake.file.target['api']?.['output']).toEqual(['type=cacheonly'])
    expect(formatPlan(plan)).toMatch(/^Build, without pushing, 2 images/)
  })

  test('for another commit than the run is about gives its commit tags alone, and says so', () => {
    const other = 'c'.repeat(40)
    const plan = planBuild(wishes, { project, commit: { ...commit, sha: other } }, context)
    expect(plan.tags).toEqual(['sha-cccccccccccc', other])
    expect(plan.remarks).toEqual([
      `Commit ${other} is checked out, not that of the run: no tags from branch or version.`,
    ])
  })

  test('without Git goes by the run', () => {
    const plan = planBuild(wishes, { project, commit: undefined }, context)
    expect(plan.version).toBe('1.2.3')
    expect(plan.bake.file.target['api']?.['labels']).not.toHaveProperty('org.opencontainers.image.created')
  })

  test('needs a commit or tags', () => {
    const nowhere = { ...context, sha: '', ref: '' }
    expect(() => planBuild(wishes, { project, commit: undefined }, nowhere)).toThrow('or set tags')
    const tags = { tags: ['blue'], version: 'blue' }
    expect(planBuild({ ...wishes, tags }, { project, commit: undefined }, nowhere).tags).toEqual(['blue'])
  })

  test('remarks a login that no image needs', () => {
    const plan = planBuild({ ...wishes, login: { ...login, registry: 'quay.io' } }, { project, commit }, context)
    expect(plan.remarks).toEqual(['None of the images goes to quay.io, where this logs in.'])
  })
})

describe('a result', () => {
  const plan = planBuild({ ...wishes, tags: { tags: ['blue'], version: 'blue' } }, { project, commit }, context)
  const digests = new Map([
    ['api', digest],
    ['page', digest],
  ])

  test('lists every service that runs what was built', () => {
    const api = { repository: 'ghcr.io/acme/api', digest, tags: ['blue'] }
    expect(builtImages(plan, digests)).toEqual({ api, page: { ...api, repository: 'ghcr.io/acme/page' }, worker: api })
    expect(builtImages(plan, new Map())).toEqual({})
  })

  test('is a table in the summary', () => {
    expect(formatSummary(plan, digests, 12.3)).toBe(
      [
        '### Images of blue',
        '',
        '| Service | Image | Tags | Digest |',
        '| --- | --- | --- | --- |',
        `| api, worker | ghcr.io/acme/api | blue | ${digest} |`,
        `| page | ghcr.io/acme/page | blue | ${digest} |`,
        '',
        'Built and pushed in 12 s.',
      ].join('\n'),
    )
  })
})
