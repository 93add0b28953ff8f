import { LIMITS, RECOVERY, type State, verbsOf } from '../../../src/agent/protocol.ts'
import type { Run } from '../kernel.ts'
import type { AgentProgram } from './site.ts'
import { LEDGER, Ways } from './ways.ts'

/** Bytes of the release as it was sent. */
const BROUGHT = 4096

/** Carries one transaction to its end: what `src/agent/program/{run,recover,lock,words}.sh` do. */
export class Agent extends Ways implements AgentProgram {
  state: State = 'open'
  lease = 0

  beTheAgent(): void {
    this.cutTornTail(this.journal)
    this.heard = 0
    this.host.disk.write(`${this.tx}/pid`, `${this.host.kernel.current?.id ?? 0}`)
  }

  *run(): Run<number> {
    this.lease = this.opening.lease
    this.beTheAgent()
    if (this.isOver()) return 0
    if (!this.reserve()) return yield* this.refuse('no-space')
    yield* this.record('began-agent', 'agent')
    if (!(yield* this.takeTheLock())) return 0
    if (!(yield* this.recoverWhatIsOpen())) return yield* this.refuse('not-recovered')
    this.cutTornTail(LEDGER)
    if (this.ledgerLength() !== this.opening.head) return yield* this.refuse('stale-plan')
    if (!(yield* this.writeOpen())) return yield* this.refuse('no-space')
    yield* this.enter('open')
    yield* this.obey(['advance', 'prepare'])
    while (!this.isOver()) yield* this.waitForTheOwner()
    return 0
  }

  *recover(): Run<number> {
    yield* this.endRecordedEffect()
    this.beTheAgent()
    if (this.isOver()) {
      yield* this.finish('undone', '')
      return 0
    }
    this.releaseReserve()
    yield* this.record('recovering')
    if (this.records().filter(([type]) => type === 'recovering').length > LIMITS.recoveries) {
      yield* this.finish('stuck', 'recovered-too-often')
      return 0
    }
    yield* this.goOnFrom(this.reached())
    return 0
  }

  reached(): State {
    if (this.has('committed')) return 'committed'
    return this.lastOf('forbidden') === undefined ? ((this.lastOf('state') ?? 'open') as State) : 'forbidden'
  }

  *goOnFrom(state: State): Run {
    const action = RECOVERY.find((row) => row.state === state)?.action
    const cause = this.lastOf('undoing') ?? 'agent-gone'
    if (action === 'wind-up') yield* this.windUp()
    else if (action === 'settle') yield* this.settle(cause)
    else yield* this.undo(cause)
  }

  *takeTheLock(): Run<boolean> {
    if (this.host.lock.take()) return true
    yield* this.record('blocked', this.host.disk.read('open') ?? '')
    const giveUp = this.host.now + this.opening.lockTimeout
    while (!this.host.lock.take()) {
      if (this.isAbortWaiting()) return (yield* this.end('undone', 'aborted'), false)
      if (this.host.now >= giveUp) return (yield* this.end('undone', 'lock-timeout'), false)
      yield { signals: [this.host.lock.released, this.host.stirred], seconds: 1 }
    }
    return true
  }

  /** In a process of its own, which holds the lock too. */
  *recoverWhatIsOpen(): Run<boolean> {
    const { disk, kernel } = this.host
    const open = disk.read('open')
    if (open === undefined) return true
    if (!disk.has(`transactions/${open}`)) disk.remove('open')
    else {
      const recovery = kernel.spawn('agent', this.site.newAgent(this.site, open).recover())
      while (recovery.isAlive) yield recovery.exited
    }
    return !disk.has('open')
  }

  ledgerLength(): number {
    return (this.host.disk.read(LEDGER) ?? '').split('\n').length - 1
  }

  *refuse(cause: string): Run<number> {
    yield* this.end('undone', cause)
    return 0
  }

  /** Space for the way back, set aside, and the name of the journal, whose records are synced one by one. */
  reserve(): boolean {
    const path = `${this.tx}/reserve`
    // What was brought to be staged makes way for the terminal record.
    if (this.host.disk.isFull) return (this.makeRoom(BROUGHT), false)
    this.host.disk.append(this.journal, '')
    this.host.disk.write(path, 'reserved')
    this.sync(path)
    this.syncNames(this.tx)
    return true
  }

  *writeOpen(): Run<boolean> {
    const { disk } = this.host
    if (!disk.write('.open', this.id)) return false
    disk.sync('.open')
    disk.rename('.open', 'open')
    yield* this.pass('file', 'open written')
    this.syncNames('')
    yield* this.pass('file', 'open synced')
    return true
  }

  syncNames(folder: string): void {
    this.host.disk.syncFolder(folder)
  }

  *enter(state: State): Run {
    this.state = state
    yield* this.record('state', state)
  }

  *obey(words: readonly string[]): Run {
    const [word = '', argument = '', value = ''] = words
    const key = word === 'advance' ? `advance:${argument}` : word
    const rule = verbsOf(this.opening.plan.phases).find(
      (row) => (row.state === '*' || row.state === this.state) && row.word === key,
    )
    const [action = '', phase = '', next = ''] = rule?.action.split(':') ?? []
    switch (action) {
      case 'run':
        yield* this.advance(phase as 'prepare', next as State)
        return
      case 'commit':
        yield* this.commit(argument)
        return
      case 'undo':
        yield* this.undo(argument || 'aborted')
        return
      case 'lease':
        if (/^\d+$/.test(argument)) {
          this.lease = Number(argument)
          yield* this.record('renewed', argument)
        } else yield* this.record('refused', 'renew', 'not-seconds')
        return
      case 'note':
        yield* this.record('reported', argument, value)
        return
      default:
        yield* this.record('refused', word, `state-${this.state}`)
    }
  }

  *advance(phase: 'prepare' | 'migrate' | 'prove' | 'switch', next: State): Run {
    if (!this.host.disk.has(`${this.tx}/plan/${phase}`)) yield* this.record('refused', 'advance', 'no-steps')
    else if (yield* this.runPhase(phase)) yield* this.enter(next)
    else yield* this.undo(this.cause)
  }

  *commit(how: string): Run {
    const objection = this.objection(how)
    if (objection !== undefined) yield* this.record('refused', 'confirm', objection)
    else if ((yield* this.runPhase('commit')) && (yield* this.decide())) yield* this.windUp()
    else yield* this.undo(this.cause)
  }

  *decide(): Run<boolean> {
    this.cause = 'journal-not-written'
    return yield* this.record('committed')
  }

  /** Why a trial may not be confirmed; the latest verdict of each check counts. */
  objection(how: string): string | undefined {
    const verdicts = new Map(
      this.records().flatMap(([type, check = '', verdict = '']) => (type === 'reported' ? [[check, verdict]] : [])),
    )
    const others = [...verdicts.values()].filter((verdict) => verdict !== 'good')
    if (others.length > 0) return `check-${others.includes('bad') ? 'bad' : (others.at(-1) ?? '')}`
    return verdicts.size === 0 && how !== 'unchecked' ? 'no-check' : undefined
  }

  *isWell(): Run<boolean> {
    const { watch } = this.opening.plan
    return this.state !== 'trial' || watch === undefined || (yield* this.effect(watch, 'run')) === 0
  }

  *waitForTheOwner(): Run {
    yield* this.record('waiting', this.state, this.lease, this.heard)
    const until = this.host.now + this.lease
    for (let word = this.word(this.heard + 1); !word; word = this.word(this.heard + 1)) {
      if (this.isLeaseOver(until)) return yield* this.undo('lease-expired')
      if (!(yield* this.isWell())) return yield* this.undo('unwell-in-trial')
      yield { signals: [this.host.stirred], seconds: 1 }
    }
    this.heard++
    yield* this.obey(this.word(this.heard) ?? [])
  }

  isLeaseOver(until: number): boolean {
    return this.host.now >= until
  }
}
