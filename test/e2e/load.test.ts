import { expect, test } from 'vitest'
import { BusyShop } from '../support/busy/busy-shop.ts'
import { tell, underLoad } from '../support/busy/deploys.ts'
import { labFromContext } from '../support/lab/context.ts'

const EDGES = [
  { edge: 'nginx', port: 8085 },
  { edge: 'caddy', port: 8084 },
] as const

/** A sample of `npm run test:load`. */
test.each(EDGES)(
  'behind $edge, visitors with connections, WebSockets and event streams notice no release, no bad one and no way back',
  async ({ edge, port }) => {
    const { staging, registry } = labFromContext()
    await using shop = await BusyShop.create(staging, registry.url, { edge, stack: `busy-${edge}`, port })
    for (const version of ['first', 'second']) {
      const { code, stdout } = await shop.deploy(version)
      expect(code, stdout).toBe(0)
    }
    const told = await underLoad(shop, ['deploy', 'bad', 'back'], { rate: 40, sockets: 20, streams: 5 })
    console.log(tell(told))
    expect(told.failures).toEqual([])
    expect(Object.keys(told.versions).sort()).toEqual(['deploy-0', 'second'])
    // What outlasts the drain is cut, and told: nobody else ended them.
    expect(told.cut).toBeGreaterThanOrEqual(told.sockets.ended + told.streams.ended)
    expect(told.cut).toBeGreaterThan(0)
  },
)
