import { setTimeout as sleep } from 'node:timers/promises'
import { startProxy } from '../sshd/proxy.ts'
import type { Fault } from './fault.ts'
import { Lookout } from './lookout.ts'
import type { Moment } from './moment.ts'
import { objectionsTo, type Wanted } from './objections.ts'
import { type Site, withoutMasks } from './site.ts'
import type { World } from './small-shop.ts'
import { look, type Standing } from './standing.ts'
import { strike, Striker } from './strike.ts'
import { colour, doubled, experience, outcome } from './verdict.ts'
import { Visitors } from './visitors.ts'

/** One deploy, and what strikes it. */
export interface Case {
  readonly fault: Fault
  readonly moment: Moment
  readonly world: World
  /** Seconds between the record and the strike. */
  readonly delay: number
}

export interface Played {
  /** What was not as it must be; empty when all was. */
  readonly objections: readonly string[]
  /** Seconds from the strike until all was as it must be, looked at each second after the job. */
  readonly seconds: number
  /** Of the ledger's last line. */
  readonly result: string
  /** For whoever has to find out what happened. */
  readonly story: string
}

/** Deploys, strikes, and looks from outside at what becomes of it. The site is left with what serves. */
export async function play(site: Site, each: Case): Promise<Played> {
  const { fault, moment, world, delay } = each
  const before = await look(site)
  const store = before.containers.find(({ service }) => service === 'store')?.id ?? ''
  const wanted: Wanted = { before: site.live, version: site.nextVersion(), store }
  const runner = new AbortController()
  await using proxy = await startProxy({ name: '127.0.0.1', port: site.host.ssh.port })
  await using lookout = new Lookout(site.host, site.stack)
  await using striker = await Striker.set(site, moment, fault, delay)
  await using visitors = new Visitors(site.url)

  const lease = fault.by.where === 'runner' ? '30s' : '60s'
  const deploying = site.deploy(wanted.version, world, { way: proxy, lease, killed: runner.signal })
  const tx = await Promise.race([striker.moment(), deploying.then(() => sleep(2000, undefined))])
  if (tx === undefined) {
    const { stdout } = await deploying
    return { objections: ['the moment never came'], seconds: 0, result: 'missed', story: withoutMasks(stdout) }
  }
  const from = await strike(fault, site, { proxy, runner, lookout })
  const main = await deploying
  const post = runner.signal.aborted ? undefined : await site.post(wanted.version, world, main)
  const { standing, objections, at } = await settle(site, visitors, wanted, from + 1000 * limit(fault, site, world))
  const visits = await visitors.stop()
  const result = standing?.ledger?.result ?? 'unknown'
  site.live = (await visitors.ask(1)).join()
  return {
    objections: [
      ...objections,
      ...(post === undefined ? [] : colour(main, post, result)),
      ...((await striker.struck()) ? [] : ['there was nothing to strike']),
      ...outcome(fault, world, result),
      ...experience(fault, world, visits, wanted),
      ...doubled(standing?.schedulers ?? [], before.schedulers.length, lookout.seen()),
    ],
    seconds: (at - from) / 1000,
    result,
    story: [
      withoutMasks(main.stdout),
      post === undefined ? '(the runner is dead)' : withoutMasks(post.stdout),
      await journal(site, tx),
    ].join('\n---\n'),
  }
}

/** Seconds: a deploy that goes on takes what it takes anyway. */
function limit({ within }: Fault, { seconds }: Site, world: World): number {
  return within + seconds + (world === 'never healthy' ? 6 : 0)
}

interface Settled {
  readonly objections: readonly string[]
  readonly standing: Standing | undefined
  /** Milliseconds since the epoch. */
  readonly at: number
}

async function settle(site: Site, visitors: Visitors, wanted: Wanted, until: number): Promise<Settled> {
  for (;;) {
    const at = Date.now()
    const standing = await look(site).catch((error: unknown) => String(error))
    const objections = typeof standing === 'string' ? [standing] : objectionsTo(standing, await visitors.ask(5), wanted)
    if (objections.length === 0 || at > until)
      return { objections, at, standing: typeof standing === 'string' ? undefined : standing }
    await sleep(1000)
  }
}

async function journal({ host, path }: Site, tx: string): Promise<string> {
  const { stdout } = await host.exec(
    `cd ${path}/transactions/${tx} && cat journal && tail -n 5 output/* 2>/dev/null | tail -n 120; tail -n 40 /var/log/dockerd.log`,
  )
  return stdout
}
