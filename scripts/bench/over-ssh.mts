import { command } from '../../src/command/command.ts'
import { connect } from '../../src/host/ssh.ts'
import type { Lab } from '../../test/support/lab/lab.ts'
import { type Proxy, startProxy } from '../../test/support/sshd/proxy.ts'
import { type Figure, figureOf, type Pair } from './figure.mts'
import { inPairs } from './pairs.mts'
import { Site, type Timed } from './site.mts'

const BARS = { switched: 3.5, confirmed: 6 }

/** How far away the host is: milliseconds in each direction, and how many services are deployed there. */
const DISTANCES = [
  { delay: 0, webs: 1, pairs: 3 },
  { delay: 50, webs: 1, pairs: 3 },
  { delay: 100, webs: 1, pairs: 5 },
  { delay: 100, webs: 3, pairs: 3 },
  { delay: 100, webs: 10, pairs: 3 },
] as const

/** Deploys to a host that is far away and has an agent already. The control is one connection with one command. */
export async function overSsh(lab: Lab): Promise<readonly Figure[]> {
  const { ssh } = lab.production
  await using proxy = await startProxy({ name: ssh.host, port: ssh.port })
  const figures: Figure[] = []
  for (const webs of new Set(DISTANCES.map((distance) => distance.webs))) {
    await using site = await Site.create(lab, { name: `far-${webs}`, port: 8080, webs, interval: '1s' })
    await site.deploy()
    for (const distance of DISTANCES.filter((each) => each.webs === webs))
      figures.push(...(await atDistance(site, proxy, distance)))
  }
  return figures
}

async function atDistance(
  site: Site,
  proxy: Proxy,
  { delay, webs, pairs }: (typeof DISTANCES)[number],
): Promise<readonly Figure[]> {
  const times: Timed[] = []
  proxy.delay(delay)
  const switched = await inPairs(
    pairs,
    async () => {
      const timed = await site.deploy(proxy)
      times.push(timed)
      return timed.served
    },
    () => oneCommand(site, proxy),
    () => site.next(),
  )
  const confirmed = times.map(({ ended }, index): Pair => ({ measured: ended, control: switched[index]?.control }))
  const where = `over SSH at ${delay} ms one way, ${webs} web service${webs === 1 ? '' : 's'}`
  const control = 'one connection with one command'
  const bars = delay === 100 ? BARS : undefined
  return [
    figureOf({ what: `${where}: until the switch`, unit: 's', control, ...(bars && { bar: bars.switched }) }, switched),
    figureOf(
      { what: `${where}: until it is confirmed`, unit: 's', control, ...(bars && { bar: bars.confirmed }) },
      confirmed,
    ),
  ]
}

/** Seconds, by the client that the actions have; undefined when it failed. */
export async function oneCommand(site: Site, way?: { readonly port: number }): Promise<number | undefined> {
  const from = performance.now()
  await using remote = await connect(site.connection(way))
  const outcome = await remote.run(command('true'))
  return outcome.kind === 'exited' && outcome.code === 0 ? (performance.now() - from) / 1000 : undefined
}
