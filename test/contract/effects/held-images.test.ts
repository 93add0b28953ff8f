import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { docker } from '../../support/lab/docker.ts'
import { buildTinyImage } from '../../support/tiny-image.ts'

const project = `held-${randomBytes(4).toString('hex')}`
const image = `${project}-built:1`
/** An image without a tag, as one that was pulled by its digest is. */
let id = ''

beforeAll(async () => {
  await buildTinyImage(image)
  const container = (await docker('create', image)).trim()
  id = (await docker('commit', '--change', `LABEL held=${project}`, container)).trim()
  await docker('rm', container)
})
afterAll(async () => {
  const left = await docker('images', '--quiet', '--filter', `label=held=${project}`)
  await docker('image', 'rm', '--force', image, ...left.split('\n').filter(Boolean))
})

/** Runs one effect as a step of the agent does. */
async function effect(line: string): Promise<void> {
  const program = `project=${project} stack=/nowhere release=v2 variant=a\n${effectsProgram}\n${line}`
  await promisify(execFile)('sh', ['-c', program])
}

async function tags(): Promise<readonly string[]> {
  const listed = await docker('image', 'inspect', '--format', '{{range .RepoTags}}{{println .}}{{end}}', id)
  return listed.split('\n').filter(Boolean).sort()
}

/** As anybody may on a server; of this test's images alone. */
async function prune(): Promise<void> {
  await docker('image', 'prune', '--force', '--filter', `label=held=${project}`)
}

test('the images of a release outlive a prune as long as it is kept', async () => {
  await effect(`hold_images ${id}=api.v1 no-such-image=db.v1 ${id}=web.v1`)
  await effect(`hold_images ${id}=api.v1.1`)
  await effect(`hold_images ${id}=api.v1.1`)
  const held = ['api.v1', 'api.v1.1', 'web.v1'].map((tag) => `estiba.invalid/held:${project}.${tag}`)
  expect(await tags()).toEqual(held)
  await effect('let_go v1 v0')
  await prune()
  expect(await tags()).toEqual([`estiba.invalid/held:${project}.api.v1.1`])
  await effect('let_go v1.1')
  await prune()
  await expect(tags()).rejects.toThrow(id)
})
