import { expect, test } from 'vitest'
import type { Service } from '../../../src/compose/model.ts'
import { planSwitch } from '../../../src/plan/switch.ts'
import { demandOf } from '../../../src/preflight/demand.ts'
import { memoryWarnings } from '../../../src/preflight/memory.ts'
import type { Manifest } from '../../../src/release/manifest.ts'
import type { Observation } from '../../../src/stack/observation.ts'
import { digest, emptyHost, hostWith, shopModel, shopRelease, switchable } from '../../support/stack.ts'

const MIB = 1024 * 1024
const images = { api: { repository: 'ghcr.io/acme/api', digest: digest('2') } }

type Change = Readonly<Record<string, Partial<Service>>>

/** What a deploy of v2 is warned of on a host with so many MiB free, where a container uses so many. */
function warnings(
  found: Observation,
  free: number,
  uses: Readonly<Record<string, number>>,
  change: Change = {},
  to = shopRelease('v2', '2', change),
) {
  const used = found.containers.flatMap(({ id, labels }) => {
    const mib = uses[labels['com.docker.compose.service'] ?? '']
    return mib === undefined ? [] : [[id, mib * MIB] as const]
  })
  const memory = { totalKiB: 2_000_000, availableKiB: free * 1024 }
  const observation = { ...found, host: { ...found.host, memory, uses: new Map(used) } }
  const plan = planSwitch({ title: '', to, observation, healthyWithin: 60, keep: 5, drain: 30, from: 'registry' })
  return memoryWarnings(observation, demandOf(shopModel('2', change), images), plan).join('\n')
}

const uses = { api: 300, worker: 100, db: 500, nginx: 20 }

test('a web service runs beside its predecessor, as big as that; workers take turns', () => {
  const found = hostWith(shopRelease('v1', '1', switchable))
  expect(warnings(found, 300, uses, switchable)).toBe('')
  expect(warnings(found, 299, uses, switchable)).toMatchInlineSnapshot(
    `"old and new containers together may not fit into memory: the new ones may take 300 MiB (api 300 MiB as now), and 299 MiB are available"`,
  )
})

/** A web service beside the api. */
const two = {
  ...switchable,
  site: { image: 'site', expose: ['3000'], labels: { 'estiba.kind': 'web' }, mem_limit: String(200 * MIB) },
}

test('where the set is too large at once, the way out is named', () => {
  const found = hostWith(shopRelease('v1', '1', two))
  expect(warnings(found, 400, { ...uses, site: 200 }, two)).toMatchInlineSnapshot(
    `"old and new containers together may not fit into memory: the new ones may take 500 MiB (api 300 MiB as now, site 200 MiB as now), and 400 MiB are available; \`x-estiba: { strategy: rolling }\` has one web service move after the other, for which 300 MiB are enough (docs/recipes.md, "Where memory is short"; not behind Traefik)"`,
  )
})

test('where one service moves after the other, the largest is enough', () => {
  const rolling = (version: string, digit: string): Manifest => ({
    ...shopRelease(version, digit, two),
    strategy: 'rolling',
  })
  const found = hostWith(rolling('v1', '1'))
  const told = (free: number): string => warnings(found, free, { ...uses, site: 200 }, two, rolling('v2', '2'))
  expect(told(300)).toBe('')
  expect(told(299)).toMatchInlineSnapshot(
    `"old and new containers together may not fit into memory: the new ones may take 300 MiB (api 300 MiB as now), and 299 MiB are available"`,
  )
})

test('where all take turns, nothing is needed on top', () => {
  expect(warnings(hostWith(shopRelease('v1', '1')), 1, uses)).toBe('')
})

test('never beyond the limit, and at least what is reserved', () => {
  const api = (change: Partial<Service>) => ({ ...switchable, api: { ...switchable['api'], ...change } })
  const found = hostWith(shopRelease('v1', '1', switchable))
  expect(warnings(found, 10, uses, api({ mem_limit: String(250 * MIB) }))).toContain('(api 250 MiB as now)')
  const reserved = api({ mem_reservation: String(400 * MIB) })
  expect(warnings(found, 10, uses, reserved)).toContain('(api 400 MiB as now)')
})

test('what has no predecessor is needed on top, by what the compose file says of it', () => {
  const change = { worker: { mem_limit: String(200 * MIB) }, db: { mem_reservation: String(600 * MIB) } }
  expect(warnings(emptyHost, 900, {}, change)).toMatchInlineSnapshot(
    `"old and new containers together may not fit into memory: the new ones may take 1000 MiB (worker 2 x 200 MiB, db 600 MiB), and 900 MiB are available"`,
  )
})

test('of a service that is only completed, the missing containers', () => {
  const found = hostWith(shopRelease('v2', '2'))
  const [worker] = found.containers.filter(({ labels }) => labels['com.docker.compose.service'] === 'worker')
  const containers = found.containers.filter((container) => container !== worker)
  expect(warnings({ ...found, containers }, 99, uses)).toContain('(worker 100 MiB as now)')
})

test('more replicas than before: those that come on top', () => {
  const more = { worker: { deploy: { replicas: 5 } } }
  expect(warnings(hostWith(shopRelease('v1', '1')), 299, uses, more)).toContain('(worker 3 x 100 MiB as now)')
})
