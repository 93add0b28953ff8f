import { describe, expect, test } from 'vitest'
import { formatPlan } from '../../../src/plan/plan.ts'
import { planRemoval } from '../../../src/plan/remove.ts'
import type { Observation } from '../../../src/stack/observation.ts'
import { container, emptyHost, hostWith, shopRelease, switchable } from '../../support/stack.ts'

const beat = { image: 'acme/beat:1', command: ['beat'] }
const one = shopRelease('v1', '1', { ...switchable, beat })
const two = shopRelease('v2', '2', { ...switchable, beat })

const planned = (observation: Observation) => planRemoval({ title: 'remove shop', stack: 'shop', observation })
const text = (observation: Observation): string => {
  const plan = planned(observation)
  return plan ? formatPlan(plan) : 'nothing'
}
const runs = (observation: Observation) => planned(observation)?.phases.finish?.map(({ run }) => run)

test('the plan of a removal: all of it follows the commit', () => {
  expect(text(hostWith(one, two))).toMatchInlineSnapshot(`
    "remove shop
      nginx   remove   edge: a deploy made it
      api     remove   web: a deploy made it
      worker  remove   worker: a deploy made it
      beat    remove   scheduler: a deploy made it
      db      leave    data: data is never touched
    prepare:
    switch:
    commit:
    finish:
      01 stop and remove nginx, because from here on nobody gets in; who is in already is answered (irreversible, at most 70 s)
         $ remove_old nginx=gone
      02 stop and remove api, worker, beat, because nothing is to run that a deploy replaces (irreversible, at most 90 s)
         $ remove_old api=gone worker=gone beat=gone
      03 remove the networks of both slots, and those of the stack in which nobody is, because stores leave the slots first, and stay in their own (irreversible, at most 120 s)
         $ drop_networks
      04 remove releases/, edge/, current, and of files/ what no container has, because nothing leads to them any more (irreversible, at most 120 s)
         $ all_gone nginx=gone api=gone worker=gone beat=gone && forget_edge && forget_stack
      05 let go of the images of its releases, because nothing brings them back; what another stack has stays (irreversible, at most 120 s)
         $ let_all_go && forget_images ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111 ghcr.io/acme/api@sha256:2222222222222222222222222222222222222222222222222222222222222222
    note: nobody gets an answer from this stack any more: nothing comes in its place
    note: once it is begun it is completed, by the server itself if need be; then the way back is to deploy
    note: data is left alone: stores run on, and volumes, project/, backups/ and the ledger stay"
  `)
})

test('there is nothing to remove where nothing is, nor where only data is left', () => {
  expect(text(emptyHost)).toBe('nothing')
  const left = hostWith(one).containers.filter(({ labels }) => labels['com.docker.compose.service'] === 'db')
  const inDefault = left.map((each) => ({ ...each, networks: ['shop_default'] }))
  const networks = [{ name: 'shop_default', subnets: [] }]
  expect(text({ ...emptyHost, containers: inDefault, networks })).toBe('nothing')
})

describe('what an earlier removal has left is found', () => {
  test('containers, by their label', () => {
    const labels = { 'com.docker.compose.service': 'api', 'estiba.definition': 'x' }
    const host = { ...emptyHost, containers: [container('api', { labels }), container('db')] }
    expect(runs(host)).toEqual(['remove_old api=gone', 'drop_networks'])
    expect(text(host)).toContain('db   leave    unknown: no release has it')
  })

  test.each([
    ['the networks of the slots', { networks: [{ name: 'shop_slot-b', subnets: [] }] }, 'drop_networks'],
    ['a network that nobody is in', { networks: [{ name: 'shop_default', subnets: [] }] }, 'drop_networks'],
    ['the folder of the edge', { edge: { live: undefined, hash: 'x' } }, 'forget_edge && forget_stack'],
    ['releases that no version of ours can read', { current: 'old' }, 'forget_edge && forget_stack'],
    ['tags that hold images', { images: new Set(['estiba.invalid/held:shop.api.v1']) }, 'let_all_go'],
  ])('%s', (_, left, run) => {
    expect(runs({ ...emptyHost, ...left })).toEqual([run])
  })

  test('nothing of another stack', () => {
    const networks = ['shop-b_slot-a', 'shop_x_default'].map((name) => ({ name, subnets: [] }))
    const images = new Set(['estiba.invalid/held:shop-b.api.v1', 'ghcr.io/acme/api@sha256:1'])
    expect(text({ ...emptyHost, networks, images })).toBe('nothing')
  })
})

describe('a store', () => {
  test('is left alone also where it carries our label, for it was something else once', () => {
    const host = hostWith(one)
    const labels = { 'com.docker.compose.service': 'db', 'estiba.definition': 'x' }
    const plan = planned({ ...host, containers: [...host.containers, container('db', { labels })] })
    expect(plan?.services.find(({ name }) => name === 'db')?.action).toBe('leave')
    expect(JSON.stringify(plan?.phases)).not.toContain('db')
  })

  test('keeps its image, by whatever name', () => {
    const image = `postgres@sha256:${'3'.repeat(64)}`
    expect(text(hostWith(shopRelease('v1', '1', { db: { image } })))).not.toContain(image)
  })
})

test('what is left of a release that is not live goes as well', () => {
  const host = hostWith(one)
  const labels = { 'com.docker.compose.service': 'queue', 'estiba.definition': 'x' }
  const containers = [...host.containers, container('queue', { labels, status: 'exited' })]
  expect(runs({ ...host, containers })?.[1]).toBe('remove_old api=gone worker=gone beat=gone queue=gone')
})
