import { afterAll, beforeAll, expect, test } from 'vitest'
import { labFromContext } from '../lab/context.ts'
import type { LabHost } from '../lab/lab.ts'
import { describeCase } from './enumeration.ts'
import { Lanes } from './lanes.ts'
import { STEP_NAMES } from './moment.ts'
import { type Case, play, type Played } from './play.ts'
import { Site } from './site.ts'

const FIRST_PORT = 8083

/** A site for one case after the other. What a case has left that found a fault of ours is not handed on. */
class Lane {
  site: Site
  readonly #create: () => Promise<Site>

  private constructor(site: Site, create: () => Promise<Site>) {
    this.site = site
    this.#create = create
  }

  static async open(create: () => Promise<Site>): Promise<Lane> {
    return new Lane(await create(), create)
  }

  async play(each: Case): Promise<Played> {
    const end = await play(this.site, each)
    if (end.objections.length > 0) {
      await this.site[Symbol.asyncDispose]()
      this.site = await this.#create()
    }
    return end
  }
}

/** One after the other: two stacks that are new on a host at the same time would choose the same networks. */
async function openLanes(host: LabHost, registry: string, sites: number): Promise<readonly Lane[]> {
  const lanes: Lane[] = []
  for (let index = 0; index < sites; index++) {
    const place = { stack: `faults-${index}`, port: FIRST_PORT + index }
    lanes.push(await Lane.open(() => Site.create(host, registry, place)))
  }
  return lanes
}

/**
 * Declares a test for each case. Each host of the lab has so many sites, and each site has one deploy at a time; who goes
 * on there needs the lock and the folder that the case before has left.
 *
 * @param sites on each host: one where a fault touches the whole host
 */
export function testFaults(cases: readonly Case[], sites: number): void {
  let lanes: Lanes<Lane> | undefined
  let all: readonly Lane[] = []
  const played: Played[] = []

  beforeAll(async () => {
    const { staging, production, registry } = labFromContext()
    all = (await Promise.all([staging, production].map((host) => openLanes(host, registry.url, sites)))).flat()
    lanes = new Lanes(all)
  })

  afterAll(async () => {
    await Promise.all(all.map(({ site }) => site[Symbol.asyncDispose]()))
  })

  test.concurrent.each(cases.map((each) => [describeCase(each), each] as const))('%s', async (_, each) => {
    const end = await lanes?.with((lane) => lane.play(each))
    if (end === undefined) throw new Error('there are no sites')
    played.push(end)
    expect(end.objections, end.story).toEqual([])
  })

  test('after all that, each site takes a deploy, whose steps are the ones that were struck', async () => {
    for (const { site } of all) {
      await site.deployWhole()
      const journal = await site.must(`cat "$(ls -d ${site.path}/transactions/t-* | tail -n 1)/journal"`)
      const begun = [...journal.matchAll(/ began ([a-z]+ \d+)$/gm)].map(([, step]) => step)
      // What ran of a release that a case has taken back is removed as the last step of the preparation.
      expect(begun.filter((step) => step !== 'prepare 03')).toEqual(STEP_NAMES)
    }
    console.log(summary(played))
  })
}

function summary(played: readonly Played[]): string {
  const counted = Object.entries(Object.groupBy(played, ({ result }) => result))
  const seconds = played.map((each) => each.seconds).sort((one, other) => one - other)
  const median = seconds[Math.floor(seconds.length / 2)] ?? 0
  return (
    `${played.length} cases: ${counted.map(([result, those]) => `${those?.length ?? 0} ${result}`).join(', ')}; ` +
    `as it must be after ${median.toFixed(1)} s (median), ${(seconds.at(-1) ?? 0).toFixed(1)} s (longest)`
  )
}
