import { expect, test } from 'vitest'
import { openingOf } from '../../../actions/deploy-over-ssh/opening.ts'
import { buildRelease } from '../../../actions/deploy-over-ssh/release.ts'
import { planSwitch } from '../../../src/plan/switch.ts'
import { deployValue } from '../../support/deploy-inputs.ts'
import { FakeJob } from '../../support/fake-job.ts'
import { hostWith, shopModel, shopRelease } from '../../support/stack.ts'

const deploy = { ...deployValue, registry: { server: 'ghcr.io', username: 'octocat', password: 'token' } }

/** Whether the host gets the registry login for a second release, with these images there already. */
async function isLoginSent(images: readonly string[]): Promise<boolean> {
  const { context } = new FakeJob()
  const observation = { ...hostWith(shopRelease('v1', '1')), images: new Set(images) }
  const desired = { version: 'v2', at: new Date(0) }
  const built = await buildRelease(shopModel('2'), deploy, observation, desired, context)
  const { manifest } = built.release
  const plan = planSwitch({
    title: 'deploy',
    to: manifest,
    observation,
    healthyWithin: 60,
    keep: 5,
    drain: 30,
    from: 'registry',
  })
  const planned = { version: 'v2', observation, built, plan, summary: '', live: undefined }
  return openingOf(deploy, planned, context, { nonce: 'n', goal: 'prepared' }).dockerConfig !== undefined
}

test('a registry login is sent only where something is pulled', async () => {
  const { services } = shopRelease('v2', '2')
  const wanted = Object.values(services).map(({ image }) => image)
  expect(await isLoginSent([])).toBe(true)
  expect(await isLoginSent(wanted)).toBe(false)
})
