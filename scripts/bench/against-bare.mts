import type { Lab } from '../../test/support/lab/lab.ts'
import { type Figure, figureOf, type Pair } from './figure.mts'
import { inPairs } from './pairs.mts'
import { Site, type Timed } from './site.mts'

const PAIRS = 5

/** Of what a plain `docker compose up --wait` takes, which waits for the engine's own health checks. */
const BARS = [
  { interval: '10s', bar: 0.3 },
  { interval: '1s', bar: 0.9 },
] as const

/** Seconds beyond `docker run` to the first answer. */
const OVER_FLOOR = 2

/** The usual line in a pipeline, on the same files on the same host; and the least that any deploy can take. */
export async function againstBare(lab: Lab): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const { interval, bar } of BARS) {
    await using bare = await Site.create(lab, { name: `bare-${interval}`, port: 8081, webs: 1, interval })
    await using ours = await Site.create(lab, { name: `ours-${interval}`, port: 8080, webs: 1, interval })
    await bare.layOut()
    await bare.bare()
    await ours.deploy()
    const times: Timed[] = []
    const floors: (number | undefined)[] = []
    const pairs = await inPairs(
      PAIRS,
      async () => {
        const timed = await ours.deploy()
        times.push(timed)
        floors.push(await ours.floor())
        return timed.served
      },
      () => bare.bare(),
      async () => Promise.all([bare.next(), ours.next()]),
    )
    const what = `until a new release serves, health interval ${interval}`
    const control = "ssh host 'docker compose pull && docker compose up --detach --wait'"
    figures.push(figureOf({ what, unit: 's', control, bar, hold: 'ratio' }, pairs))
    const beyond = times.map(({ served }, index): Pair => ({ measured: served, control: floors[index] }))
    figures.push(
      figureOf(
        {
          what: `until a new release serves, health interval ${interval}, beyond the floor`,
          unit: 's',
          control: 'docker run to its first 200',
          bar: OVER_FLOOR,
          hold: 'beyond',
        },
        beyond,
      ),
    )
  }
  return figures
}
