import { describe, expect, test } from 'vitest'
import { verifyPush } from '../../../actions/build-and-push/verify.ts'
import type { RunLocal } from '../../../src/command/local.ts'
import { FakeJob } from '../../support/fake-job.ts'

const digest = `sha256:${'b'.repeat(64)}`
const moved = `sha256:${'c'.repeat(64)}`
const image = { repository: 'ghcr.io/acme/api', digest, tags: ['1.2.3', '1'] }

/** A registry that serves these digests by name; anything else it does not know. */
function serving(served: Readonly<Record<string, string>>): { run: RunLocal; asked: string[] } {
  const asked: string[] = []
  const run: RunLocal = ({ argv }) => {
    const name = argv[4] ?? ''
    // What it is built for is another question; this registry does not tell.
    if (argv.includes('--raw') || argv.includes('{{json .Image}}'))
      return Promise.resolve({ code: 1, stdout: '', stderr: '' })
    asked.push(name)
    const found = served[name]
    return Promise.resolve(
      found === undefined
        ? { code: 1, stdout: '', stderr: `ERROR: ${name}: not found\n` }
        : { code: 0, stdout: `{"digest":"${found}"}`, stderr: '' },
    )
  }
  return { run, asked }
}

async function verify(served: Readonly<Record<string, string>>) {
  const { run, asked } = serving(served)
  const job = new FakeJob()
  await verifyPush({ api: image, worker: image }, { run, env: {}, log: job.log, pauseMs: 0 })
  return { lines: job.lines, asked }
}

describe('what the registry serves', () => {
  const good = {
    [`ghcr.io/acme/api@${digest}`]: digest,
    'ghcr.io/acme/api:1.2.3': digest,
    'ghcr.io/acme/api:1': digest,
  }

  test('is asked once an image, by digest and by each tag', async () => {
    const { lines, asked } = await verify(good)
    expect(asked).toEqual(Object.keys(good))
    expect(lines).toEqual([`The registry serves ghcr.io/acme/api@${digest}.`])
  })

  test('may have been moved on by another run, by tag', async () => {
    const { lines } = await verify({ ...good, 'ghcr.io/acme/api:1': moved })
    expect(lines[0]).toBe(
      `warning: ghcr.io/acme/api:1 leads to ${moved}, not to ${digest}. Did another run push that tag just now?`,
    )
  })

  test('must know the digest', async () => {
    await expect(verify({})).rejects.toThrow(
      `verify the push of ghcr.io/acme/api: the registry does not serve ${digest}: ERROR: ghcr.io/acme/api@${digest}: not found`,
    )
  })
})
