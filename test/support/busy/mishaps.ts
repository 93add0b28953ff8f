import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { LabHost } from '../lab/lab.ts'
import { must } from '../lab/must.ts'
import { until } from '../until.ts'
import type { BusyShop } from './busy-shop.ts'
import { type CrowdOptions, type CrowdReport, Visitors } from './visitors.ts'

/** What becomes of a host that nobody deploys to at that moment, or of one in the midst of a trial. */
export interface Mishap {
  readonly name: string
  /** Seconds until all is well again: what the engine, a boot or the minute job takes. */
  readonly within: number
  readonly happen: (host: LabHost, shop: BusyShop) => Promise<unknown>
}

const containers = (stack: string): string =>
  `docker ps --quiet --filter label=com.docker.compose.project=${stack} --filter label=estiba.slot`

export const MISHAPS: readonly Mishap[] = [
  {
    name: 'the live containers crash',
    within: 30,
    happen: (host, { stack }) =>
      must(host, `kill -9 $(docker inspect --format '{{.State.Pid}}' $(${containers(stack)}))`),
  },
  {
    name: 'the engine restarts',
    within: 90,
    happen: (host) => must(host, 'kill -TERM "$(cat /run/docker.pid)"'),
  },
  {
    name: 'the power goes in a trial',
    within: 90,
    happen: async (host, shop) => {
      const deploying = shop.deploy('cut-off', 'mute in trial')
      await until(() => shop.isOnTrial(), 'the trial')
      await host.cutOff()
      await host.boot()
      const { code, stdout } = await deploying
      expect(code, stdout).toBe(1)
    },
  },
]

/** Lets it happen while visitors are there. Resolves to what they lost until all was well again, and to a calm time behind it. */
export async function suffer(
  mishap: Mishap,
  host: LabHost,
  shop: BusyShop,
  crowd: Omit<CrowdOptions, 'url'>,
): Promise<{ readonly lost: CrowdReport; readonly calm: CrowdReport }> {
  await using visitors = new Visitors({ url: shop.url, ...crowd })
  await sleep(1000)
  const before = await starts(host, shop)
  await mishap.happen(host, shop)
  await until(
    async () => (await starts(host, shop)) !== before && (await isWell(shop)),
    `all is well after ${mishap.name}`,
    mishap.within,
  )
  const lost = await visitors.leave()
  await using later = new Visitors({ url: shop.url, ...crowd })
  await sleep(5000)
  return { lost, calm: await later.leave() }
}

/** When the live containers were started; while they can't be asked, as before an engine's end, nothing new. */
async function starts(host: LabHost, { stack }: BusyShop): Promise<string> {
  return (await host.exec(`docker inspect --format '{{.State.StartedAt}}' $(${containers(stack)}) | sort`)).stdout
}

/** Ten answers in a row, and nothing that is still open. */
async function isWell(shop: BusyShop): Promise<boolean> {
  for (let time = 0; time < 10; time++) {
    const response = await fetch(shop.url, { signal: AbortSignal.timeout(5000) }).catch(() => undefined)
    if (response?.ok !== true) return false
  }
  return !(await shop.isOpen())
}
