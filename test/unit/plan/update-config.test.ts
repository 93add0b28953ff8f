import { expect, test } from 'vitest'
import type { Service } from '../../../src/compose/model.ts'
import type { Manifest } from '../../../src/release/manifest.ts'
import { commandsOf, planText } from '../../support/plan-text.ts'
import { hostWith, shopRelease, switchable } from '../../support/stack.ts'

const inSlots = (version: string, api: string, worker: Partial<Service>): Manifest =>
  shopRelease(version, api, { ...switchable, worker: { ...worker, deploy: { replicas: 2, ...worker.deploy } } })

const startFirst = { deploy: { update_config: { order: 'start-first' } } }

test('a worker of which two may run works on until the release is confirmed', () => {
  const text = planText(inSlots('v2', '2', startFirst), hostWith(inSlots('v1', '1', startFirst)))
  expect(text).toContain('no gap: old and new both work until the release is confirmed (update_config.order)')
  const steps = commandsOf(text).filter((line) => /^\$ (start_and_prove|stop_old|switch_edge|drain)/.test(line))
  expect(steps.map((line) => line.replaceAll(/=[0-9a-f]{16}/g, ''))).toEqual([
    '$ start_and_prove 120 api',
    '$ start_and_prove 120 worker',
    '$ switch_edge b-trial && see_edge b-trial nginx',
    '$ switch_edge b && await_engine && see_edge b nginx',
    '$ drain 30 10.213.0.0/24 nginx && remove_old api worker',
  ])
})

test('where the others take turns, such a worker does not, unless it needs one of them', () => {
  const worker = { ...startFirst, depends_on: { db: {} } }
  const release = (version: string, api: string): Manifest => shopRelease(version, api, { worker })
  const text = commandsOf(planText(release('v2', '2'), hostWith(release('v1', '1'))))
  const steps = text.filter((line) => /^\$ (start_and_prove|stop_old|remove_old)/.test(line))
  expect(steps.map((line) => line.replaceAll(/=[0-9a-f]{16}/g, ''))).toEqual([
    '$ start_and_prove 120 worker',
    '$ stop_old api',
    '$ start_and_prove 120 api',
    '$ remove_old worker api',
  ])
  const needing = shopRelease('v2', '2', { worker: startFirst })
  expect(planText(needing, hostWith(shopRelease('v1', '1', { worker: startFirst })))).toMatch(
    /\$ stop_old api=\w+ worker=/,
  )
})

test('a service that is to be watched for a while is confirmed when that has passed', () => {
  const watched = { deploy: { update_config: { monitor: '1m30s' } } }
  const text = planText(inSlots('v2', '2', watched), hostWith(inSlots('v1', '1', watched)))
  expect(text).toMatch(
    /worker must have run well for 90 s \(update_config.monitor\) \(nothing to undo, at most 120 s\)/,
  )
  expect(text).toMatch(/\$ run_for 90 worker=[0-9a-f]{16} && are_well api=[0-9a-f]{16} worker=/)
})
