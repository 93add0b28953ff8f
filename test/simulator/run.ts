import { Agent } from './agent/agent.ts'
import { type AgentProgram, Site } from './agent/site.ts'
import { recover } from './agent/visits.ts'
import { revive } from './agent/revive.ts'
import { type Effects, interpreterFor } from './effects/interpret.ts'
import { strike } from './faults.ts'
import { whoAnswers } from './host/edge.ts'
import type { Host } from './host/host.ts'
import type { Run } from './kernel.ts'
import { Runner } from './runner.ts'
import type { Trial } from './trial.ts'
import { Checker } from './world/checker.ts'
import { isIrreversible, isRolling } from './world/cases.ts'
import { settingOf } from './world/world.ts'

/** Programs that differ from the real ones, for planted bugs. */
export interface Planted {
  readonly agent?: (site: Site, id: string) => AgentProgram
  readonly effects?: Effects
  /** What the minute job does after a start of the engine. */
  readonly revive?: (host: Host) => Run<number>
}

export interface Instant {
  readonly name: string
  /** Seconds. */
  readonly time: number
  /** The stretch of its process: nothing else happens between instants of the same. */
  readonly turn: number
}

export interface Report {
  /** The instants that were passed, in order. */
  readonly instants: readonly Instant[]
  /** What was on the host when the first strike had struck. */
  readonly struckState: string
  readonly violations: readonly string[]
  /** Whether each strike found something to strike. */
  readonly struck: boolean
  readonly result: string | undefined
  /** The job's end, in seconds. */
  readonly endedAt: number
}

/** Seconds within which all must be well again: where the job can reach the host, and by the server alone. */
const CONVERGENCE = { job: 30, server: 90 }

/** Runs one trial to the point at which nothing happens any more. */
export function run({ strikes, ...tried }: Trial, planted: Planted = {}, wantsState = false): Report {
  const setting = settingOf(tried)
  const { host, job } = setting
  const { kernel } = host
  const checker = new Checker(setting)
  const site = new Site(
    host,
    interpreterFor({ ...setting.release, manifest: setting.to }, !isIrreversible(tried.world), planted.effects),
    planted.agent ?? ((of, id) => new Agent(of, id)),
    () => (planted.revive ?? revive)(host),
  )
  const check = (): boolean => whoAnswers(host, 'api')?.labels['estiba.release'] === setting.to.id
  const runner = new Runner(site, { ...job, check })
  const instants: Instant[] = []
  let struckState = ''
  let struckAt = 0
  let struck = 0
  host.reach = (instant) => {
    const { current } = kernel
    for (const { at, fault } of strikes)
      if (at === instants.length && strike(host, fault)) {
        struck++
        struckAt = host.now
        if (wantsState) struckState ||= digest(host)
        checker.isReachable &&= fault !== 'link gone'
      }
    instants.push({ name: instant, time: host.now, turn: kernel.turn })
    return current !== undefined && !current.isAlive
  }
  kernel.at(47, function minutely() {
    if (host.isUp) kernel.spawn('cron', recover(site))
    kernel.at(kernel.now + 60, minutely)
  })
  kernel.spawn('runner', runner.run())
  settle(host, () => struckAt)
  host.reach('at rest')
  settle(host, () => struckAt)
  checker.checkEnd(runner)
  if (checker.lastChange > struckAt + CONVERGENCE.server)
    checker.note(`well again only after ${checker.lastChange - struckAt} s`)
  // One that goes on still has to do what was left of it.
  const takesLong = isRolling(tried.world) || (strikes.length > 0 && checker.result() === 'committed')
  const goesOnUntil = !takesLong ? 0 : strikes.length > 0 ? undisturbed(tried) : runner.endedAt
  if (checker.isReachable && runner.endedAt > Math.max(struckAt, goesOnUntil) + CONVERGENCE.job)
    checker.note(`the job ended after ${runner.endedAt - struckAt} s`)
  const before = digest(host)
  const { lastChange } = checker
  kernel.runUntil(host.now + 65)
  if (checker.lastChange !== lastChange || digest(host) !== before) checker.note('a repeat changes something')
  return {
    instants,
    struckState,
    violations: checker.violations,
    struck: struck === strikes.length,
    result: checker.result(),
    endedAt: runner.endedAt,
  }
}

const ends = new Map<string, number>()

/** When the job ends where nothing strikes, in seconds. */
function undisturbed({ world, verb }: Omit<Trial, 'strikes'>): number {
  const key = `${verb}, ${world}`
  const known = ends.get(key) ?? run({ world, verb, strikes: [] }).endedAt
  ends.set(key, known)
  return known
}

/** Everything on the host that outlives its processes, and which of these there are. */
function digest({ disk, engine, kernel }: Host): string {
  const containers = engine.containers.map(({ id, status, policy, isStoppedByHand, isStopping }) =>
    [id, status, policy, isStoppedByHand, isStopping].join(),
  )
  return [disk.digest(), engine.isUp, ...containers, ...kernel.processes(...ROLES).map(({ role }) => role)].join('|')
}

const ROLES = ['agent', 'effect', 'engine', 'runner', 'visitor', 'cron'] as const

/** Until all is quiet, also after the minute job has looked once more since the last strike. */
export function settle(host: Host, struckAt: () => number): void {
  const { kernel } = host
  const giveUp = host.now + 1000
  let quietSince = host.now
  while (host.now < Math.max(quietSince, struckAt()) + 70) {
    kernel.runUntil(host.now + 10)
    const busy = kernel.processes(...ROLES)
    if (busy.length > 0 || !host.isUp || !host.engine.isUp) quietSince = host.now
    if (host.now > giveUp) throw new Error(`it does not come to rest: ${busy.map(({ role }) => role).join(', ')}`)
  }
}
