import { expect } from 'vitest'
import type { Lab } from '../lab/lab.ts'
import { must } from '../lab/must.ts'
import { BusyShop, type Place, type World } from './busy-shop.ts'
import { ByHand, identity, type Mounting, networks, rows } from './by-hand.ts'
import { deaths, failedOutside, gapsOfEdge, type Span } from './gap.ts'
import { type CrowdReport, Visitors } from './visitors.ts'

export interface Adoption {
  readonly place: Place
  readonly mounting: Mounting
  /** What the first release does that is deployed to it, before a good one is. */
  readonly bad: Exclude<World, 'fine'>
  /** Requests a second. */
  readonly rate: number
}

/** What visitors had of it. */
export interface Adopted {
  readonly bad: CrowdReport
  readonly good: CrowdReport
  readonly next: CrowdReport
}

const ANSWERING = ['web', 'api'] as const
const BEHIND = ['db', ...ANSWERING] as const

/**
 * A stack that was started by hand is given a bad release, a good one and another good one while visitors are there: what
 * the plan says is what it costs, and the database knows nothing of all that. In the trial what was started by hand stands in
 * for what fails, so that nobody notices until the edge trades places.
 */
export async function adopt({ staging, registry }: Lab, { place, mounting, bad, rate }: Adoption): Promise<Adopted> {
  await using shop = await BusyShop.create(staging, registry.url, { ...place, database: true })
  await using byHand = new ByHand(staging, shop)
  await byHand.copy('by-hand', mounting)
  await byHand.up()
  const [behind, edge] = [await identity(staging, shop, BEHIND), await identity(staging, shop, ['edge'])]
  const database = await identity(staging, shop, ['db'])
  const places = await networks(staging, shop, ANSWERING)
  const under = async (version: string, world: World): Promise<CrowdReport & { readonly stdout: string }> => {
    const known = await rows(staging, shop)
    await using visitors = new Visitors({ url: shop.url, rate, sockets: 0, streams: 0 })
    const run = await shop.deploy(version, world)
    const { code, stdout } = run
    if (world !== 'fine') await shop.endJob(version, world, run)
    const report = await visitors.leave()
    expect(code, stdout).toBe(world === 'fine' ? 0 : 1)
    expect(failedOutside(report, await lostTimes(staging, shop)), stdout).toEqual([])
    expect(await identity(staging, shop, ['db'])).toBe(database)
    // A row of each good answer for which the api was asked: of the orders, each fourth request, it was not.
    const asked = report.sent - report.failed - Math.ceil(report.sent / 4)
    expect((await rows(staging, shop)) - known).toBeGreaterThanOrEqual(asked)
    return { ...report, stdout }
  }

  const undone = await under('bad', bad)
  expect(await must(staging, `tail -n 1 ${shop.path}/ledger.jsonl`)).toContain('"result":"undone"')
  expect(await identity(staging, shop, BEHIND)).toBe(behind)
  expect(undone.stdout).toContain('have the old api, web in slot b as well')
  expect(await networks(staging, shop, ANSWERING)).toBe(places)
  // One that failed in its trial had the edge's place: the old one was stopped, and started again.
  if (bad === 'never healthy') {
    expect(undone.failures).toEqual([])
    expect(await identity(staging, shop, ['edge'])).toBe(edge)
  }

  const good = await under('first', 'fine')
  expect(good.stdout).toMatch(/ edge +replace .* is taken over: .*; no visitor gets in .*, this once/)
  expect(good.stdout).toContain('its data services stay as they run')
  expect(good.versions['first']).toBeGreaterThan(0)

  const next = await under('second', 'fine')
  expect(next.failures).toEqual([])
  expect(next.versions['second']).toBeGreaterThan(0)
  return { bad: undone, good, next }
}

/**
 * When visitors may be turned away. Up to 2.11.1 Caddy can't send a body to the next upstream where the first took no
 * connection (https://github.com/caddyserver/caddy/issues/7546): behind it, nothing is said of the time of the trial.
 */
async function lostTimes(host: Lab['staging'], shop: BusyShop): Promise<readonly Span[]> {
  const gaps = await gapsOfEdge(host, shop)
  const [first, last] = [gaps[0], gaps.at(-1)]
  if (shop.edge === 'caddy' && first && last) return [{ from: first.from, to: last.to }]
  return [...gaps, ...(await deaths(host, shop))]
}

/** In words, for a log. */
export function tellAdopted({ bad, good, next }: Adopted): string {
  const lost = ({ failed, sent, silence }: CrowdReport): string =>
    `${failed} of ${sent} requests failed, no good answer for ${silence.toFixed(1)} s`
  return `a bad release: ${lost(bad)}; taken over: ${lost(good)}; the next release: ${lost(next)}`
}
