import type { Container, EngineEvent } from '../host/container.ts'
import { markerAt, whoAnswers } from '../host/edge.ts'
import type { Outcome, Runner } from '../runner.ts'
import { answersErrors, isIrreversible, isRolling, staysMixed } from './cases.ts'
import { SCHEDULERS, WEB, WORKERS } from './releases.ts'
import { type Setting } from './world.ts'

/** What can be seen of a stack's folder from outside. */
const OUTSIDE: readonly string[] = ['edge/live', 'current', 'open', 'ledger.jsonl']

/**
 * Looks at a run from outside, at the engine, the edge, the ledger and the job's colour alone, and notes what of design.md
 * section 3 did not hold. It knows nothing of the agent.
 */
export class Checker {
  readonly violations: string[] = []
  /** When something last became of a container, the edge or the ledger, in seconds. */
  lastChange = 0
  /** Whether the job could reach the host all the time, short breaks aside. */
  isReachable = true
  readonly #setting: Setting
  #outside = ''
  /** Releases that answered a visitor at some time. */
  #served = new Set<string>()

  constructor(setting: Setting) {
    this.#setting = setting
    const { engine, disk } = setting.host
    engine.onEvent = (event) => {
      this.#watch(event)
    }
    disk.onChange = (path) => {
      if (OUTSIDE.includes(path)) this.#lookAtLinks()
      for (const service of WEB) if (path === markerAt(service)) this.#lookAtMarker(service)
    }
  }

  /** At the end, when all is quiet. */
  checkEnd({ outcome, hasConfirmed }: Pick<Runner, 'outcome' | 'hasConfirmed'>): void {
    const { host } = this.#setting
    if (host.lock.isHeld) this.note('the lock is held')
    if (host.disk.has('open')) this.note('a transaction is open')
    const result = this.result()
    if (result === 'committed' && !hasConfirmed) this.note('committed, although nobody confirmed it')
    if (answersErrors(this.#setting.case) && this.#served.has(this.#setting.to.id))
      this.note('visitors were led to what answers errors')
    this.#checkServing(result)
    this.#checkOutcome(outcome, result)
  }

  /** The end of the transaction by the ledger; undefined when it has no line there. */
  result(): string | undefined {
    const lines = (this.#setting.host.disk.read('ledger.jsonl') ?? '').split('\n')
    return lines.find((line) => line.startsWith('tx '))?.split(' ')[1]
  }

  #checkServing(result: string | undefined): void {
    const { host, before, to, case: tried } = this.#setting
    const answering = whoAnswers(host, 'api')
    const serving = answering?.labels['estiba.release']
    if (!answering || serving === undefined) {
      this.note('nobody serves')
      return
    }
    const isOld = serving === before.id
    if (result === 'committed' && isOld) this.note('the old release serves, although the new one is confirmed')
    if (result !== 'committed' && result !== 'stuck' && !isOld)
      this.note('the new release serves, although it is not confirmed')
    const mayBeStuck = host.isSchemaNew || tried.world === 'old already bad'
    if (result === 'stuck' && !mayBeStuck) this.note('stuck, although it could be taken back')
    const isHealthy = host.engine.isHealthy(answering)
    if (!isHealthy && !(isOld && tried.world === 'old already bad')) this.note(`what serves is not healthy: ${serving}`)
    this.#checkSet(serving, result)
    if (isRolling(tried.world)) this.#checkSite(serving, result)
    if (isOld && host.isSchemaNew && this.#served.has(to.id)) this.note('the old code serves on the new schema')
    const current = host.disk.read('current') ?? ''
    const live = isOld ? before.id : to.id
    if (result !== 'stuck' && !current.startsWith(`releases/${live}/`))
      this.note(`current is ${current}, and ${live} serves`)
    const isKeeping = host.engine.containers.some((container) => isKept(container, live))
    if (result !== 'stuck' && current.endsWith('-guard') !== isKeeping)
      this.note(isKeeping ? 'current would mix what is kept with what serves' : 'current is guarded for ever')
  }

  /** The second web service. */
  #checkSite(serving: string, result: string | undefined): void {
    const { host, case: tried } = this.#setting
    const site = whoAnswers(host, 'site')
    if (!site || !host.engine.isHealthy(site)) this.note('nobody healthy serves the site')
    else if (site.labels['estiba.release'] !== serving && !(result === 'stuck' && staysMixed(tried.world)))
      this.note('site is not of the release that serves')
  }

  /** All services of the release that serves run, and none of another. */
  #checkSet(serving: string, result: string | undefined): void {
    const { host, before, case: tried } = this.#setting
    // A way back that failed may leave both; where it was forbidden, one of them goes on.
    const isMixed = result === 'stuck' && (!isIrreversible(tried.world) || staysMixed(tried.world))
    for (const names of [WORKERS, SCHEDULERS]) {
      const [service = ''] = names
      const running = host.engine.containers.filter((each) => names.includes(each.service) && each.status === 'running')
      const releases = running.map(({ labels }) => labels['estiba.release'])
      if (running.length === 0) this.note(`no ${service} runs`)
      else if (!isMixed && releases.some((id) => id !== serving))
        this.note(`${service} is not of the release that serves`)
    }
    const old = host.engine.containers.filter(({ labels }) => labels['estiba.release'] === before.id)
    if (
      result === 'stuck' &&
      !isMixed &&
      serving !== before.id &&
      old.some(({ status, policy }) => status === 'running' || policy !== 'no')
    )
      this.note('old code runs, or may be started again, beside the new')
    const left = host.engine.containers.filter(
      ({ labels, isOneOff }) =>
        isOneOff || (labels['estiba.release'] !== undefined && labels['estiba.release'] !== serving),
    )
    const mayStay = (container: Container): boolean => result !== 'committed' && isKept(container, serving)
    const over = left.filter((container) => !mayStay(container))
    if (result !== 'stuck' && over.length > 0)
      this.note(`left over: ${over.map(({ service, id }) => `${service} ${id}`).join(', ')}`)
  }

  #checkOutcome(outcome: Outcome | undefined, result: string | undefined): void {
    if (!outcome) return
    if (outcome.isGreen !== (outcome.said === 'committed')) this.note('the colour of the job is not what it says')
    const { isLinkUp, disk } = this.#setting.host
    if (outcome.said === 'unknown') {
      // A full disk takes no word either; the server goes back by itself.
      if (isLinkUp && this.isReachable && !disk.isFull) this.note('the job does not know how it ended')
    } else if (outcome.said !== (result ?? 'undone'))
      this.note(`the job says ${outcome.said}, the ledger ${result ?? 'nothing'}`)
  }

  #watch({ kind, container, isByItself }: EngineEvent): void {
    const { host, before, to } = this.#setting
    this.lastChange = host.now
    if (container.service === 'db' && !isByItself) this.note(`a store was touched: ${kind}`)
    if (kind === 'start') {
      const beats = host.engine.containers.filter(
        ({ service, status }) => SCHEDULERS.includes(service) && status === 'running',
      )
      if (beats.length > 1) this.note('two schedulers run')
      const isOld = container.labels['estiba.release'] === before.id
      if (host.isSchemaNew && isOld && !isByItself && this.#served.has(to.id))
        this.note('old code was started on the new schema')
    }
    if (kind === 'start' && isRolling(this.#setting.case.world)) this.#checkMemory()
    if (kind === 'stop' && !isByItself) this.#checkStop(container, to.id)
    this.#lookAtServing()
  }

  /** The last healthy container of a web service is stopped only when its successor has proved itself. */
  #checkStop({ service, isOneOff, conduct }: Container, to: string): void {
    const { engine } = this.#setting.host
    if (!WEB.includes(service) || isOneOff || !engine.isUp || conduct.healthyAfter === Infinity) return
    const others = engine.containers.filter(
      (each) => each.service === service && !each.isOneOff && each.status === 'running',
    )
    if (others.length === 0) this.note(`the last container of ${service} was stopped, on the way to ${to}`)
    else if (isRolling(this.#setting.case.world)) this.#lookAtMarker(service)
  }

  /** Where services go one after the other, there is memory for one of them twice. */
  #checkMemory(): void {
    const { containers } = this.#setting.host.engine
    const twice = WEB.filter(
      (service) => containers.filter((each) => each.service === service && each.status === 'running').length > 1,
    )
    if (twice.length > 1) this.note(`they run twice at once: ${twice.join(', ')}`)
  }

  /** A service is led where it runs, if it does anywhere. */
  #lookAtMarker(service: string): void {
    const { host } = this.#setting
    const { engine } = host
    this.lastChange = host.now
    if (!host.isUp || !engine.isUp || host.disk.read('edge/live') !== 'slots/rolling') return
    const runs = (name: string): boolean =>
      engine.containers.some((each) => each.service === name && each.status === 'running')
    if (runs('nginx') && runs(service) && !whoAnswers(host, service)) this.note(`${service} is led to nobody`)
    this.#lookAtServing()
  }

  #lookAtServing(): void {
    const id = whoAnswers(this.#setting.host, 'api')?.labels['estiba.release']
    if (id !== undefined) this.#served.add(id)
  }

  #lookAtLinks(): void {
    const { host } = this.#setting
    const links = OUTSIDE.map((path) => host.disk.read(path) ?? '').join('|')
    if (links === this.#outside) return
    this.#outside = links
    this.lastChange = host.now
    this.#lookAtServing()
  }

  note(violation: string): void {
    if (!this.violations.includes(violation)) this.violations.push(violation)
  }
}

/** Set aside: of another release than the live one, it has run, and nothing but a human starts it again. */
function isKept({ labels, status, policy, life, isOneOff }: Container, live: string): boolean {
  const release = labels['estiba.release']
  return !isOneOff && release !== undefined && release !== live && status === 'exited' && policy === 'no' && life > 0
}
