import { describe, expect, test } from 'vitest'
import type { Step } from '../../../src/plan/plan.ts'
import { planSwitch } from '../../../src/plan/switch.ts'
import type { Manifest } from '../../../src/release/manifest.ts'
import type { Observation } from '../../../src/stack/observation.ts'
import { containersOfRelease, emptyHost, hostWith, shopRelease, switchable } from '../../support/stack.ts'

/** A shop with a scheduler; `restart` as in a real one. */
const shop = {
  ...switchable,
  worker: { restart: 'unless-stopped', deploy: { replicas: 1 } },
  beat: { image: 'beat', restart: 'always' },
}
const one = shopRelease('v1', '1', shop)
const two = shopRelease('v2', '2', { ...shop, beat: { ...shop.beat, image: 'beat:2' } })

/** The phase, each step as what it depends on and its line, without the definitions. */
function settled(to: Manifest, observation: Observation, from: 'registry' | 'host' = 'registry'): readonly string[] {
  const { phases } = planSwitch({ title: 'deploy', to, observation, healthyWithin: 60, keep: 5, drain: 30, from })
  const titleOf = (name: string): string =>
    phases.switch?.find(({ id }) => name === `switch ${id}`)?.title ?? `${name}, which is not there`
  const first = ({ since, unless }: Step): string =>
    since !== undefined ? `since "${titleOf(since)}"` : unless !== undefined ? `unless "${titleOf(unless)}"` : 'always'
  return (phases.settle ?? []).map((step) => `${first(step)}: ${step.run.replaceAll(/=[0-9a-f]{16}/g, '')}`)
}

describe('where a migration forbids the way back', () => {
  test('in slots: from the proof of the web services on, the edge leads to them, and what is old is stopped first', () => {
    expect(settled(two, hostWith(one))).toMatchInlineSnapshot(`
      [
        "always: stand_by 60 db nginx",
        "since "stop the old beat, worker": keep_alive api:always && stand_by 60 nginx && switch_edge b && see_edge b nginx && stop_old api",
        "since "stop the old beat, worker": await_engine && stop_old beat worker && keep_alive beat:always worker:unless-stopped",
      ]
    `)
  })

  test('in turns: from the stop of the old on, the new goes on', () => {
    const plain = (version: string, digit: string) => shopRelease(version, digit, { worker: shop.worker })
    expect(settled(plain('v2', '2'), hostWith(plain('v1', '1')))).toMatchInlineSnapshot(`
      [
        "always: stand_by 60 db nginx",
        "since "stop the old api, worker": await_engine && stop_old api worker && keep_alive api:always worker:unless-stopped",
        "since "stop the old api, worker": await_engine && reload_nginx nginx",
      ]
    `)
  })

  test('an edge that is replaced itself is so only if the new one has proved itself; else the old one goes on', () => {
    const to = shopRelease('v3', '2', { ...shop, nginx: { ...switchable['nginx'], command: ['nginx'] } })
    expect(settled(to, hostWith(one))).toMatchInlineSnapshot(`
      [
        "always: stand_by 60 db",
        "unless "see through nginx that it leads to slot b": stop_new nginx && stand_by 60 nginx",
        "since "see through nginx that it leads to slot b": await_engine && stop_old nginx && keep_alive nginx:always",
        "since "stop the old beat, worker": keep_alive api:always && switch_edge b && see_edge b nginx && stop_old api",
        "since "stop the old beat, worker": await_engine && stop_old beat worker && keep_alive beat:always worker:unless-stopped",
      ]
    `)
  })

  test('an edge whose configuration changed gets it before it is switched', () => {
    const worker = { command: ['work'], expose: ['9000'], labels: { 'estiba.kind': 'web' }, deploy: { replicas: 1 } }
    expect(settled(shopRelease('v3', '2', { ...switchable, worker }), hostWith(one))).toMatchInlineSnapshot(`
      [
        "always: stand_by 60 db nginx",
        "since "give the edge its new configuration": keep_alive api:always worker:no && stand_by 60 nginx && configure_edge nginx && switch_edge b && see_edge b nginx && stop_old api worker",
        "since "give the edge its new configuration": await_engine && stop_old beat=gone",
      ]
    `)
  })

  test('an old edge that goes on gets the new configuration too', () => {
    const worker = { command: ['work'], expose: ['9000'], labels: { 'estiba.kind': 'web' }, deploy: { replicas: 1 } }
    const nginx = { ...switchable['nginx'], command: ['nginx'] }
    expect(settled(shopRelease('v3', '2', { ...switchable, worker, nginx }), hostWith(one)).join('\n')).toContain(
      'configure_edge nginx && switch_edge b',
    )
  })

  test('a service that the release no longer has is old code too: it is stopped, not removed', () => {
    const { beat, ...services } = two.services
    const order = two.order.map((layer) => layer.filter((name) => name !== 'beat'))
    expect(settled({ ...two, services, order }, hostWith(one)).join('\n')).toContain('stop_old worker beat=gone &&')
  })

  test('an old container that somebody had stopped is not to be started by the engine either', () => {
    const isStopped = ({ labels }: { readonly labels: Readonly<Record<string, string>> }): boolean =>
      ['api', 'beat'].includes(labels['com.docker.compose.service'] ?? '')
    const containers = containersOfRelease(one).map((each) => (isStopped(each) ? { ...each, status: 'exited' } : each))
    const steps = settled(two, { ...hostWith(one), containers }).join('\n')
    expect(steps).toContain('stop_old api')
    expect(steps).toContain('stop_old beat worker && keep_alive beat:always')
  })

  test('the first deploy has nothing old to stop', () => {
    expect(settled(one, emptyHost).join('\n')).not.toMatch(/stop_old|stand_by/)
  })

  test('an edge that alone is replaced leaves the set where it is', () => {
    const edge = { ...shop, nginx: { ...switchable['nginx'], command: ['nginx'] } }
    expect(settled(shopRelease('v1', '1', edge), hostWith(one))).toMatchInlineSnapshot(`
      [
        "always: stand_by 60 db api beat worker",
        "unless "see through nginx that it leads to slot a": stop_new nginx && stand_by 60 nginx",
        "since "see through nginx that it leads to slot a": await_engine && stop_old nginx && keep_alive nginx:always",
      ]
    `)
  })

  test('containers of this very release that are completed are kept alive in any case', () => {
    const plain = shopRelease('v1', '1')
    const isWorker = ({ labels }: { readonly labels: Readonly<Record<string, string>> }): boolean =>
      labels['com.docker.compose.service'] === 'worker'
    const all = containersOfRelease(plain)
    const ended = all.findIndex(isWorker)
    const rest = all.map((each, index) => (index === ended ? { ...each, status: 'exited' } : each))
    const again = { ...plain, id: 'v1-again' }
    expect(settled(again, { ...hostWith(plain), containers: rest })[1]).toBe('always: keep_alive worker:no')
  })

  test('nothing is to be settled where nothing changes, and nothing forbids the way back of a rollback', () => {
    expect(settled({ ...one, id: 'v1-again' }, hostWith(one))).toEqual([])
    expect(settled(one, hostWith(one, two), 'host')).toEqual([])
  })
})

test('what is old is stopped before what is new is kept alive, of a scheduler in one and the same step', () => {
  for (const run of settled(two, hostWith(one)))
    if (run.includes('keep_alive beat'))
      expect(run).toMatch(/stop_old beat worker && keep_alive beat:always worker:unless-stopped$/)
})
