import { describe, expect, test } from 'vitest'
import type { Container, Observation } from '../../../src/stack/observation.ts'
import { unchangedRelease } from '../../../src/plan/unchanged.ts'
import { planSwitch } from '../../../src/plan/switch.ts'
import { commandsOf, planText } from '../../support/plan-text.ts'
import { container, hostWith, shopRelease, switchable } from '../../support/stack.ts'

const one = shopRelease('v1', '1', switchable)

/** The release as it runs, and further containers. */
function withMore(...more: readonly Container[]): Observation {
  const host = hostWith(one)
  return { ...host, containers: [...host.containers, ...more] }
}

const byHand = (service: string): Readonly<Record<string, string>> => ({
  'com.docker.compose.service': service,
  'com.docker.compose.project.working_dir': '/home/deploy/by-hand',
})

/** The line of a service, as the plan shows it. */
function lineOf(service: string, text: string): string {
  return text.split('\n').find((line) => line.trim().startsWith(`${service} `)) ?? ''
}

describe('what an interrupted `docker compose up` has left', () => {
  const left = container('api', { name: '/0123456789ab_shop-api-1', status: 'created', labels: byHand('api') })

  test('is named and removed, and what runs is not touched', () => {
    const text = planText(one, withMore(left))
    expect(lineOf('api', text)).toBe(
      '  api     tidy     web: it stays; left over beside it, and removed: 0123456789ab_shop-api-1 (created) (its label estiba.kind says so)',
    )
    expect(commandsOf(text)).toContain('$ remove_idle api')
    expect(commandsOf(text).join()).not.toMatch(/create_new|switch_edge|remove_old/)
    expect(text).toContain('note: nothing else changed: no container that runs is touched')
  })

  test('is something to do, where nothing else is', () => {
    const observation = withMore(left)
    const request = { title: '', to: one, healthyWithin: 60, drain: 30, keep: 5, from: 'registry' as const }
    expect(unchangedRelease(planSwitch({ ...request, observation }), one, observation)).toBeUndefined()
    const tidy = hostWith(one)
    expect(unchangedRelease(planSwitch({ ...request, observation: tidy }), one, tidy)).toBe(one)
  })

  test('of a store is for a human to decide', () => {
    const store = container('db', { name: '/0123456789ab_shop-db-1', status: 'created', labels: byHand('db') })
    expect(() => planText(one, withMore(store))).toThrowErrorMatchingInlineSnapshot(
      `[UsageError: services.db keeps data and has 2 containers: shop-db-1 (running), 0123456789ab_shop-db-1 (created). An interrupted or scaled \`up\` leaves such; see on the server which one has the data, and remove the other: docker rm NAME]`,
    )
  })
})

describe('a `docker compose up` by hand', () => {
  test('from another folder: the plan names it, and brings the release back', () => {
    const host = hostWith(one)
    const isOf = ({ labels }: Container) => labels['com.docker.compose.service'] === 'api'
    const containers = host.containers.map((each) => (isOf(each) ? { ...each, labels: byHand('api') } : each))
    const text = planText(one, { ...host, containers })
    expect(lineOf('api', text)).toContain(
      'replace  web: it was made anew by hand since the last deploy (docker compose in /home/deploy/by-hand)',
    )
    expect(text).toContain('note: api: somebody ran `docker compose up` elsewhere than in the folder `current`')
    expect(commandsOf(text)).toContain('$ switch_edge b-trial && see_edge b-trial nginx')
  })

  test('that scaled a service where old and new take turns: one of the two goes, the other serves on', () => {
    const plain = shopRelease('v1', '1')
    const host = hostWith(plain)
    const api = host.containers.find(({ name }) => name === '/shop-api-1')
    if (api === undefined) throw new Error('the shop has an api')
    const text = planText(plain, { ...host, containers: [...host.containers, { ...api, name: '/shop-api-2' }] })
    expect(lineOf('api', text)).toContain('repair   web: 2 of 1 containers run as the release has them')
  })

  test('whose second container was stopped again: it is none of those that are to be there for the way back', () => {
    const host = hostWith(one)
    const double = host.containers.flatMap((each) =>
      each.name === '/shop-api-1' ? [{ ...each, name: '/shop-api-2', status: 'exited' }] : [],
    )
    const text = planText(shopRelease('v2', '2', switchable), { ...host, containers: [...host.containers, ...double] })
    expect(text).toMatch(/note_served .*shop-api-1 /)
    expect(text).not.toMatch(/note_served .*shop-api-2/)
  })
})
