import type { Plan } from '../../src/plan/plan.ts'
import { planRemoval } from '../../src/plan/remove.ts'
import { hostWith } from '../support/stack.ts'
import { Agent } from './agent/agent.ts'
import { revive } from './agent/revive.ts'
import { Site } from './agent/site.ts'
import { recover } from './agent/visits.ts'
import { interpreterFor } from './effects/interpret.ts'
import { type Fault, strike } from './faults.ts'
import type { Host } from './host/host.ts'
import { settle } from './run.ts'
import { Runner } from './runner.ts'
import { settingOf } from './world/world.ts'

/** What became of a stack that was to be removed. */
export interface Removal {
  /** The instants that were passed, in order. */
  readonly instants: readonly string[]
  readonly violations: readonly string[]
  readonly struck: boolean
  /** The end of the transaction by the ledger. */
  readonly result: string | undefined
}

/**
 * Removes a stack, struck once at an instant, and looks from outside what is left when all is quiet.
 *
 * @param change makes another plan of the real one, for planted bugs
 */
export function removal(at: number, fault: Fault, change: (plan: Plan) => Plan = (plan) => plan): Removal {
  const { host, before, release, job } = settingOf({ world: 'new fine', verb: 'deploy' })
  const { kernel, engine, disk } = host
  const plan = planRemoval({ title: 'remove', stack: 'shop', observation: hostWith(before) })
  if (!plan) throw new Error('there is nothing to remove')
  const site = new Site(
    host,
    interpreterFor({ ...release, manifest: before }, true),
    (of, id) => new Agent(of, id),
    () => revive(host),
  )
  const runner = new Runner(site, {
    ...job,
    opening: { ...job.opening, plan: change(plan) },
    migration: undefined,
    check: () => true,
  })
  const instants: string[] = []
  const violations: string[] = []
  const untouched = standing(host)
  let struckAt = -1
  engine.onEvent = ({ container, isByItself, kind }) => {
    if (container.service === 'db' && !isByItself) violations.push(`a store was touched: ${kind}`)
  }
  host.reach = (instant) => {
    const { current } = kernel
    if (instants.length === at && strike(host, fault)) struckAt = host.now
    instants.push(instant)
    return current !== undefined && !current.isAlive
  }
  kernel.at(47, function minutely() {
    if (host.isUp) kernel.spawn('cron', recover(site))
    kernel.at(kernel.now + 60, minutely)
  })
  kernel.spawn('runner', runner.run())
  settle(host, () => Math.max(0, struckAt))

  const result = /^tx (\w+)/m.exec(disk.read('ledger.jsonl') ?? '')?.[1]
  if (host.lock.isHeld || disk.has('open')) violations.push('the stack is not free')
  if (result === 'committed') {
    const left = engine.containers.filter(({ service }) => service !== 'db').map(({ service }) => service)
    if (left.length > 0 || disk.has('current')) violations.push(`left over: ${left.join(', ')}`)
    if (!runner.hasConfirmed) violations.push('committed, although nobody confirmed it')
  } else if (standing(host) !== untouched) violations.push(`changed, although it is ${result ?? 'nothing'}`)
  const { outcome } = runner
  if (outcome && outcome.said !== 'unknown' && outcome.said !== (result ?? 'undone'))
    violations.push(`the job says ${outcome.said}, the ledger ${result ?? 'nothing'}`)
  return { instants, violations, struck: struckAt >= 0, result }
}

/** What serves, and whether the engine keeps it alive. */
function standing({ engine, disk }: Host): string {
  const containers = engine.containers.map(({ id, status, policy }) => `${id} ${status} ${policy}`)
  return [...containers, disk.read('current'), disk.read('edge/live')].join('\n')
}
