import { describe, expect, test } from 'vitest'
import type { Container, Observation } from '../../../src/stack/observation.ts'
import { commandsOf, planText } from '../../support/plan-text.ts'
import { hostWith, shopRelease, switchable } from '../../support/stack.ts'

const one = shopRelease('v1', '1', switchable)
const two = shopRelease('v2', '2', switchable)

describe('a store or an edge outside the networks of the slots', () => {
  /** The release as it runs, but that a container of the service is in these networks. */
  const found = (service: string, networks: readonly string[], status = 'running'): Observation => {
    const host = hostWith(one)
    const isOf = ({ labels }: Container) => labels['com.docker.compose.service'] === service
    return { ...host, containers: host.containers.map((each) => (isOf(each) ? { ...each, networks, status } : each)) }
  }

  test('a store that was recreated by hand joins them, and no container is touched', () => {
    expect(planText(one, found('db', ['shop_default']))).toMatchInlineSnapshot(`
      "deploy v1 to shop
        db      join     data: it runs outside the networks of the slots, where the others look for it, and joins them as it is (its image is postgres, a store)
        api     leave    web: nothing of it changed (its label estiba.kind says so)
        worker  leave    worker: nothing of it changed (\`worker\` in its name says that it looks for its work itself)
        nginx   leave    edge: nothing of it changed (\`nginx\` in the name of its image tells of a proxy, and it publishes a port)
      prepare:
        01 stage the release, because everything of v1 is on the host before anything changes (reversible, at most 60 s)
           $ stage
           way back: $ unstage
        02 have db in both slots, because what the set needs is found by its name there, and the edge reaches both (nothing to undo, at most 60 s)
           $ join_slots db
      switch:
      commit:
      finish:
        01 point current to the release, because it is confirmed (irreversible, at most 70 s)
           $ point_current releases/v1/a
        02 hold the images of the release, because a prune on the host leaves them, and with them the way back (irreversible, at most 70 s)
           $ hold_images ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=api.v1 ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=worker.v1
      note: nothing else changed: no container is touched"
    `)
  })

  test('one network is not enough, for an edge neither', () => {
    expect(commandsOf(planText(one, found('nginx', ['shop_slot-b'])))).toContain('$ join_slots nginx')
    expect(commandsOf(planText(one, found('db', ['shop_slot-a', 'x'])))).toContain('$ join_slots db')
    expect(commandsOf(planText(one, found('db', ['x', 'shop_slot-b', 'shop_slot-a'])))).not.toContain('$ join_slots db')
  })

  test('networks that are gone are made for them', () => {
    const host = hostWith(one)
    const lines = commandsOf(planText(one, { ...host, networks: host.networks.slice(0, 1) }))
    expect(lines.slice(2, 4)).toEqual(['$ make_slots 10.213.0.0/24 10.213.1.0/24', '$ join_slots db nginx'])
  })

  test('a store that does not run is started as it is, without a pull, and joins them then', () => {
    const text = planText(one, found('db', [], 'exited'))
    expect(text).toContain('db      repair   data: it does not run, and is started as it is')
    expect(commandsOf(text).slice(2, 4)).toEqual([
      '$ compose up --detach --no-deps --no-recreate --wait --wait-timeout 120 db',
      '$ join_slots db',
    ])
  })

  test('an edge that does not run is in none', () => {
    expect(commandsOf(planText(two, found('nginx', [], 'exited'))).join()).not.toContain('join_slots')
  })

  test('a changed release has them join in passing', () => {
    expect(commandsOf(planText(two, found('db', [])))).toContain('$ join_slots db')
  })

  test('where old and new take turns, no network matters', () => {
    expect(commandsOf(planText(shopRelease('v2', '2'), hostWith(shopRelease('v1', '1')))).join()).not.toContain(
      'join_slots',
    )
  })
})
