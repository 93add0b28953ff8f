import { setTimeout as sleep } from 'node:timers/promises'
import type { BundleRun } from '../bundle.ts'
import { startProxy } from '../sshd/proxy.ts'
import type { Fault } from './fault.ts'
import type { Moment } from './moment.ts'
import { objectionsTo } from './objections.ts'
import { type Site, withoutMasks } from './site.ts'
import type { World } from './small-shop.ts'
import { look, type Standing } from './standing.ts'
import { strike, Striker } from './strike.ts'
import { type Visit, Visitors } from './visitors.ts'

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
  /** Seconds from the strike until all was as it must be. */
  readonly seconds: number
  readonly result: string
  /** For whoever has to find out what happened. */
  readonly story: string
}

/** Deploys, strikes, and looks from outside at what becomes of it. The site is left with what serves. */
export async function play(site: Site, { fault, moment, world, delay }: Case): Promise<Played> {
  const before = site.live
  const version = site.nextVersion()
  const { containers, schedulers } = await look(site)
  const store = containers.find(({ service }) => service === 'store')?.id ?? ''
  const runner = new AbortController()
  await using proxy = await startProxy({ name: '127.0.0.1', port: site.host.ssh.port })
  await using striker = await Striker.set(site, moment, fault, delay)
  const visitors = new Visitors(site.url)
  const lease = fault.by.where === 'runner' ? '30s' : '60s'
  const deploying = site.deploy(version, world, { way: proxy, lease, killed: runner.signal })
  const over = deploying.then(async (run) => {
    await sleep(2000)
    return run
  })
  const tx = await Promise.race([striker.moment(), over.then(() => undefined)])
  if (tx === undefined) {
    const { stdout } = await deploying
    await visitors.stop()
    return { objections: ['the moment never came'], seconds: 0, result: 'missed', story: withoutMasks(stdout) }
  }
  const from = await strike(fault, site, { proxy, runner })
  const main = await deploying
  const isDead = runner.signal.aborted
  const post = isDead ? undefined : await site.post(version, world, main)
  const settled = await settle(site, visitors, { version, before, store }, from + 1000 * limit(fault, site, world))
  const visits = await visitors.stop()
  const result = settled.standing?.ledger?.result ?? 'unknown'
  site.live = (await visitors.ask(1)).join()
  return {
    objections: [
      ...settled.objections,
      ...(isDead ? [] : colour(main, post, result)),
      ...outcome(fault, world, result),
      ...experience(fault, visits, { version, before, world }),
      ...doubled(settled.standing, schedulers.length),
    ],
    seconds: (settled.at - from) / 1000,
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

async function settle(
  site: Site,
  visitors: Visitors,
  wanted: { readonly version: string; readonly before: string; readonly store: string },
  until: number,
): Promise<Settled> {
  for (;;) {
    const at = Date.now()
    const standing = await look(site).catch((error: unknown) => String(error))
    const objections = typeof standing === 'string' ? [standing] : objectionsTo(standing, await visitors.ask(5), wanted)
    if (objections.length === 0 || at > until)
      return { objections, at, standing: typeof standing === 'string' ? undefined : standing }
    await sleep(1000)
  }
}

/** Whether the job says what happened. */
function colour(main: BundleRun, post: BundleRun | undefined, result: string): readonly string[] {
  const says = main.stdout + (post?.stdout ?? '')
  return [
    ...((main.code === 0) === (result === 'committed')
      ? []
      : [`the job ended with ${main.code ?? 'a signal'}, and it is ${result}`]),
    ...(result !== 'undone' || /[Uu]ndone: the release before serves/.test(says)
      ? []
      : ['the job does not say that it is undone']),
    ...(result !== 'committed' || says.includes('Confirmed: the new release is the live one')
      ? []
      : ['the job does not say that it is confirmed']),
    ...(post === undefined || post.code === 0 ? [] : [`the post step ended with ${post.code ?? 'a signal'}`]),
  ]
}

/** What must come of it, as far as that does not depend on the moment. */
function outcome({ by }: Fault, world: World, result: string): readonly string[] {
  if (world !== 'fine') return result === 'undone' ? [] : [`a release that is ${world} is ${result}`]
  if (by.where === 'link') return result === 'committed' ? [] : [`a lost connection made it ${result}`]
  return []
}

/** What visitors have seen. */
function experience(
  { touches }: Fault,
  visits: readonly Visit[],
  { version, before, world }: { readonly version: string; readonly before: string; readonly world: World },
): readonly string[] {
  const failed = visits.filter(({ failure }) => failure !== undefined)
  const seen = new Set(visits.flatMap((visit) => visit.version ?? []))
  const strange = [...seen].filter((each) => each !== before && (each !== version || world === 'never healthy'))
  const first = failed[0]
  return [
    ...(touches === 'engine' || first === undefined
      ? []
      : [
          `${failed.length} of ${visits.length} requests failed, such as ${new Date(first.at).toISOString()}: ${first.failure ?? ''}`,
        ]),
    ...strange.map((each) => `a visitor was served by ${each}`),
    ...(visits.length === 0 ? ['no visitor came'] : []),
  ]
}

/** Whether two schedulers ran at once; those that were known before the deploy are left out but for the last one. */
function doubled(standing: Standing | undefined, known: number): readonly string[] {
  const these = (standing?.schedulers ?? []).slice(Math.max(0, known - 1))
  return these.flatMap(({ id, first }, index) => {
    const other = these.slice(0, index).find(({ last }) => last > first)
    return other === undefined ? [] : [`two schedulers ran at once: ${other.id} and ${id}`]
  })
}

async function journal({ host, path }: Site, tx: string): Promise<string> {
  const { stdout } = await host.exec(
    `cd ${path}/transactions/${tx} && cat journal && tail -n 5 output/* 2>/dev/null | tail -n 120`,
  )
  return stdout
}
