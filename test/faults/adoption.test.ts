import { expect, test } from 'vitest'
import { BusyShop } from '../support/busy/busy-shop.ts'
import { ByHand, identity, networks } from '../support/busy/by-hand.ts'
import { labFromContext } from '../support/lab/context.ts'
import type { LabHost } from '../support/lab/lab.ts'
import { must } from '../support/lab/must.ts'
import { until } from '../support/until.ts'

const OLD = ['web', 'api'] as const
const stack = 'taken'

async function areGuests(host: LabHost): Promise<boolean> {
  const running = `docker ps --filter label=com.docker.compose.project=${stack} --format '{{.Names}} {{.Networks}}'`
  return new RegExp(`^${stack}-(web|api)-1 .*slot-b`, 'm').test((await host.exec(running)).stdout)
}

const FAULTS = [
  {
    what: 'the power goes on trial',
    isTime: (_: LabHost, shop: BusyShop) => shop.isOnTrial(),
    happen: async (host: LabHost) => {
      await host.cutOff()
      await host.boot()
    },
  },
  {
    what: 'the engine is killed on trial',
    isTime: (_: LabHost, shop: BusyShop) => shop.isOnTrial(),
    happen: (host: LabHost) => must(host, 'kill -9 "$(cat /run/docker.pid)"'),
  },
  {
    what: 'the agent is killed as soon as one is a guest in the free slot',
    isTime: (host: LabHost) => areGuests(host),
    happen: (host: LabHost, { path }: BusyShop) =>
      must(host, `kill -9 "$(cat ${path}/transactions/"$(cat ${path}/open)"/pid)"`),
  },
]

test.each(FAULTS)(
  'what was started by hand is as it was, and is taken over by the next deploy: $what',
  async (fault) => {
    const { staging: host, registry } = labFromContext()
    await using shop = await BusyShop.create(host, registry.url, { edge: 'nginx', stack, port: 8087, database: true })
    await using byHand = new ByHand(host, shop)
    await byHand.copy('by-hand', 'without the mount')
    await byHand.up()
    const look = async (): Promise<readonly string[]> => {
      const ids = (await identity(host, shop, OLD)).replaceAll(/ \S+$/gm, '')
      const places = await networks(host, shop, OLD)
      return [ids, places]
    }
    const before = await look()

    const deploying = shop.deploy('bad', 'mute in trial')
    await until(() => fault.isTime(host, shop), 'its time')
    await fault.happen(host, shop)
    expect((await deploying).code).toBe(1)
    await until(async () => !(await shop.isOpen()), 'the end of the transaction', 200)
    const page = async (): Promise<string> =>
      fetch(shop.url, { signal: AbortSignal.timeout(5000) }).then((answer) => answer.text())
    await until(async () => (await page().catch(() => '')) === 'web by-hand api by-hand', 'the old release', 100)
    expect(await look()).toEqual(before)

    const { code, stdout } = await shop.deploy('good')
    expect(code, stdout).toBe(0)
    expect(await page()).toBe('web good api good')
  },
)
