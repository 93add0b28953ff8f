import { expect } from 'vitest'
import type { BusyShop } from './busy-shop.ts'
import { type CrowdOptions, type CrowdReport, Visitors } from './visitors.ts'

/** What is done to the shop while visitors are there: `bad` is never healthy, `wrong` is, and answers the job's checks with errors. */
export type Deed = 'deploy' | 'back' | 'bad' | 'wrong'

const WORLDS = { deploy: 'fine', bad: 'never healthy', wrong: 'answers errors' } as const

export interface Told extends CrowdReport {
  readonly deeds: Readonly<Record<Deed, number>>
  /** What the logs say of visitors' connections that were cut. */
  readonly cut: number
}

/** Does all of it, one after the other, each right behind the one before; every job's colour must be what it has to be. */
export async function doAll(shop: BusyShop, deeds: readonly Deed[], crowd: Omit<CrowdOptions, 'url'>): Promise<Told> {
  const done = { deploy: 0, back: 0, bad: 0, wrong: 0 }
  let cut = 0
  await using visitors = new Visitors({ url: shop.url, ...crowd })
  for (const [index, deed] of deeds.entries()) {
    const version = `${deed}-${index}`
    const run = deed === 'back' ? await shop.rollBack() : await shop.deploy(version, WORLDS[deed])
    expect(run.code, run.stdout).toBe(deed === 'bad' || deed === 'wrong' ? 1 : 0)
    if (deed === 'wrong') await shop.endJob(version, WORLDS[deed], run)
    for (const [, count] of run.stdout.matchAll(/and cut: (\d+) connections/g)) cut += Number(count)
    done[deed] += 1
  }
  return { ...(await visitors.leave()), deeds: done, cut }
}

/** In words, for a log. */
export function tell({ deeds, sent, failed, seconds, sockets, streams, cut }: Told): string {
  const asked = `${sent} requests in ${Math.round(seconds)} s, ${failed} failed`
  const lasting = `${sockets.opened + streams.opened} WebSockets and event streams opened, ${sockets.ended + streams.ended} ended, ${cut} cut after the drain`
  return `${deeds.deploy} deploys, ${deeds.back} rollbacks, ${deeds.bad + deeds.wrong} bad releases: ${asked}; ${lasting}`
}
