import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BusyShop } from '../support/busy/busy-shop.ts'
import { MISHAPS, suffer } from '../support/busy/mishaps.ts'
import { type Deed, tell, doAll } from '../support/busy/deploys.ts'
import { Visitors } from '../support/busy/visitors.ts'
import { labFromContext } from '../support/lab/context.ts'

/** Of five, two are good, one goes back, and every third time one is bad. */
const ROUNDS = Number(process.env['LOAD_ROUNDS'] ?? 25)
const crowd = { rate: 150, sockets: 200, streams: 20 }
const EDGES = [
  { edge: 'nginx', port: 8085 },
  { edge: 'caddy', port: 8084 },
  { edge: 'haproxy', port: 8083 },
  { edge: 'traefik', port: 8082 },
] as const

describe.each(EDGES)('behind $edge', ({ edge, port }) => {
  let shop: BusyShop

  beforeAll(async () => {
    const { staging, registry } = labFromContext()
    shop = await BusyShop.create(staging, registry.url, { edge, stack: `load-${edge}`, port })
    for (const version of ['first', 'second']) {
      const { code, stdout } = await shop.deploy(version)
      expect(code, stdout).toBe(0)
    }
  })

  afterAll(async () => {
    await shop[Symbol.asyncDispose]()
  })

  test('without a deploy no request fails: the control', async () => {
    await using visitors = new Visitors({ url: shop.url, ...crowd })
    await new Promise((resolve) => setTimeout(resolve, 30_000))
    const { failures, sockets, streams, sent } = await visitors.leave()
    expect(failures).toEqual([])
    expect(sent).toBeGreaterThan(crowd.rate * 25)
    expect([sockets, streams]).toEqual([
      { opened: crowd.sockets, ended: 0 },
      { opened: crowd.streams, ended: 0 },
    ])
  })

  test('deploys, rollbacks and bad releases, back to back: no request fails', async () => {
    const deeds = Array.from({ length: ROUNDS }, (_, round): readonly Deed[] =>
      round % 5 < 2 ? ['deploy', round % 5 === 0 ? 'bad' : 'wrong', 'deploy', 'back'] : ['deploy', 'deploy', 'back'],
    ).flat()
    const told = await doAll(shop, deeds, crowd)
    console.log(tell(told))
    expect(told.failures).toEqual([])
    expect(told.failed).toBe(0)
    const wrong = Object.keys(told.versions).filter((version) => version.startsWith('wrong'))
    // Traefik can't have a release asked that visitors are not led to.
    if (edge !== 'traefik') expect(wrong).toEqual([])
  })

  // What the host itself loses is no deploy's doing: it is told, and ends by itself.
  test.each(MISHAPS)('$name: the release before serves again, by itself', async (mishap) => {
    const { code, stdout } = await shop.deploy('steady')
    expect(code, stdout).toBe(0)
    const { lost, calm } = await suffer(mishap, labFromContext().staging, shop, { rate: 50, sockets: 0, streams: 0 })
    console.log(
      `behind ${edge}, ${mishap.name}: ${lost.failed} of ${lost.sent} requests lost, ` +
        `no answer for ${lost.silence.toFixed(1)} s`,
    )
    expect(lost.failed).toBeGreaterThan(0)
    expect(calm.failures).toEqual([])
    expect(Object.keys(calm.versions)).toEqual(['steady'])
  })
})
