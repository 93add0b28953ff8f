import { command } from '../../src/command/command.ts'
import { connect } from '../../src/host/ssh.ts'
import type { Lab } from '../../test/support/lab/lab.ts'
import { type Proxy, startProxy } from '../../test/support/sshd/proxy.ts'
import { type Figure, figureOf, type Pair } from './figure.mts'
import { inPairs } from './pairs.mts'
import { Site, type Timed } from './site.mts'

/** Seconds at 100 ms one way, with one service; and what that distance may add to the same deploy, however many there are. */
const BARS = { switched: 3.5, confirmed: 6 }
const MAY_ADD = { switched: 2, confirmed: 3.5 }

/** How far away the host is: milliseconds in each direction. */
const DELAYS = [
  { delay: 0, pairs: 3 },
  { delay: 50, pairs: 3 },
  { delay: 100, pairs: 5 },
] as const

/** Their containers start on the same few cores, which takes longer the more there are, wherever the runner is. */
const SEVERAL = [
  { webs: 3, pairs: 3 },
  { webs: 10, pairs: 3 },
] as const

/** Deploys to a host that is far away and has an agent already. */
export async function overSsh(lab: Lab): Promise<readonly Figure[]> {
  const { ssh } = lab.production
  await using proxy = await startProxy({ name: ssh.host, port: ssh.port })
  const figures: Figure[] = []
  {
    await using site = await deployed(lab, 1)
    for (const distance of DELAYS) figures.push(...(await ofOne(site, proxy, distance)))
  }
  for (const { webs, pairs } of SEVERAL) {
    await using site = await deployed(lab, webs)
    figures.push(...(await ofSeveral(site, proxy, { webs, pairs })))
  }
  return figures
}

async function deployed(lab: Lab, webs: number): Promise<Site> {
  const site = await Site.create(lab, { name: `far-${webs}`, port: 8080, webs, interval: '1s' })
  await site.deploy()
  return site
}

/** The control is one connection with one command. */
async function ofOne(site: Site, proxy: Proxy, { delay, pairs }: (typeof DELAYS)[number]): Promise<readonly Figure[]> {
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
  const question = { unit: 's', control: 'one connection with one command' }
  return [
    figureOf(
      { ...question, what: `${over(delay, 1)}: until the switch`, ...(delay === 100 && { bar: BARS.switched }) },
      switched,
    ),
    figureOf(
      { ...question, what: `${over(delay, 1)}: until it is confirmed`, ...(delay === 100 && { bar: BARS.confirmed }) },
      confirmed,
    ),
  ]
}

/** What distance adds: the control is a deploy of the same services without it. */
async function ofSeveral(
  site: Site,
  proxy: Proxy,
  { webs, pairs }: (typeof SEVERAL)[number],
): Promise<readonly Figure[]> {
  const far: Timed[] = []
  const near: Timed[] = []
  const deploy = async (delay: number, into: Timed[]): Promise<number> => {
    proxy.delay(delay)
    await site.next()
    const timed = await site.deploy(proxy)
    into.push(timed)
    return timed.served
  }
  await inPairs(
    pairs,
    () => deploy(100, far),
    () => deploy(0, near),
  )
  const paired = (what: keyof Timed): readonly Pair[] =>
    far.map((timed, index) => ({ measured: timed[what], control: near[index]?.[what] }))
  const question = { unit: 's', control: 'the same without distance', hold: 'beyond' } as const
  return [
    figureOf(
      { ...question, what: `${over(100, webs)}: added until the switch`, bar: MAY_ADD.switched },
      paired('served'),
    ),
    figureOf(
      { ...question, what: `${over(100, webs)}: added until it is confirmed`, bar: MAY_ADD.confirmed },
      paired('ended'),
    ),
  ]
}

function over(delay: number, webs: number): string {
  return `over SSH at ${delay} ms one way, ${webs} web service${webs === 1 ? '' : 's'}`
}

/** Seconds, by the client that the actions have; undefined when it failed. */
export async function oneCommand(site: Site, way?: { readonly port: number }): Promise<number | undefined> {
  const from = performance.now()
  await using remote = await connect(site.connection(way))
  const outcome = await remote.run(command('true'))
  return outcome.kind === 'exited' && outcome.code === 0 ? (performance.now() - from) / 1000 : undefined
}
