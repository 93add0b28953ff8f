import { expect, test } from 'vitest'
import type { RunLocal } from '../../../src/command/local.ts'
import { inspectPlatforms } from '../../../src/image/platforms.ts'

const repository = 'ghcr.io/acme/api'
const digest = 'sha256:top'

/** A registry that answers with these documents, by `NAME OPTION…`. */
function ask(answers: Readonly<Record<string, unknown>>) {
  const run: RunLocal = ({ argv }) => {
    const answer = answers[argv.slice(4).join(' ')]
    return Promise.resolve(
      answer === undefined
        ? { code: 1, stdout: '', stderr: 'not found' }
        : { code: 0, stdout: typeof answer === 'string' ? answer : JSON.stringify(answer), stderr: '' },
    )
  }
  return inspectPlatforms(run, { repository, digest }, {})
}

const raw = (of: string) => `${repository}@${of} --raw`
const image = `${repository}@${digest} --format {{json .Image}}`
const layers = [{ size: 1000 }, { size: 24 }]

test('one image: its configuration names the platform, its manifest the layers', async () => {
  const config = { os: 'linux', architecture: 'arm', variant: 'v7' }
  expect(await ask({ [raw(digest)]: { config: {}, layers }, [image]: config })).toEqual({ 'linux/arm/v7': 1024 })
})

test('an index: each of its images, attestations left out', async () => {
  const manifests = [
    { digest: 'sha256:a', platform: { os: 'linux', architecture: 'amd64' } },
    { digest: 'sha256:b', platform: { os: 'linux', architecture: 'arm64', variant: '' } },
    { digest: 'sha256:c', platform: { os: 'unknown', architecture: 'unknown' } },
  ]
  const answers = {
    [raw(digest)]: { manifests },
    [raw('sha256:a')]: { layers },
    [raw('sha256:b')]: { layers: [{ size: 7 }] },
  }
  expect(await ask(answers)).toEqual({ 'linux/amd64': 1024, 'linux/arm64': 7 })
})

test('a registry that does not tell is no failure', async () => {
  expect(await ask({})).toBeUndefined()
  expect(await ask({ [raw(digest)]: 'surprise' })).toBeUndefined()
  expect(await ask({ [raw(digest)]: { layers } })).toBeUndefined()
  expect(await ask({ [raw(digest)]: { manifests: [] } })).toBeUndefined()
})
