import { LIMITS, type Phase } from '../../../src/agent/protocol.ts'
import type { Step } from '../../../src/plan/plan.ts'
import { NEVER, type Process, type Run } from '../kernel.ts'
import { Recorder } from './recorder.ts'

export type EffectKind = 'run' | 'undo' | 'gate'

/** Runs the steps of a phase: what `src/agent/program/steps.sh` does. */
export class StepRunner extends Recorder {
  cause = ''
  heard = 0

  word(number: number): readonly string[] | undefined {
    return this.host.disk.read(`${this.tx}/inbox/${number}`)?.trimEnd().split(' ').slice(1)
  }

  /** Looks behind words that were said before it. Sets `cause`. */
  isAbortWaiting(): boolean {
    for (let ahead = this.heard + 1; ; ahead++) {
      const word = this.word(ahead)
      if (!word) return false
      if (word[0] !== 'abort') continue
      this.cause = word[1] ?? 'aborted'
      return true
    }
  }

  /** A process of its own that inherits the lock; it says who it is before it does anything. */
  spawnEffect(step: Step, kind: EffectKind): Process {
    const { kernel, disk } = this.host
    const effect = kernel.spawn('effect', this.effect(step[kind] ?? 'true', kind))
    disk.write(`${this.tx}/effect`, `${effect.id}`)
    kernel.at(kernel.now + step.deadline, () => {
      kernel.kill(effect, 124)
    })
    return effect
  }

  *effect(line: string, kind: EffectKind): Run<number> {
    const { host } = this
    const midst = function* (what: string): Run {
      if (host.reach(`midst ${kind} ${what} in ${line}`)) yield NEVER
    }
    return yield* this.site.interpret(line, { host, tx: this.tx, midst })
  }

  *runStep(phase: string, step: Step, kind: EffectKind): Run<number> {
    const effect = this.spawnEffect(step, kind)
    const what = `${kind} ${phase} ${step.id}`
    yield* this.pass('before', what)
    const isAbortable = kind === 'run' && phase !== 'finish' && phase !== 'settle'
    while (effect.isAlive) {
      if (isAbortable && this.isAbortWaiting()) this.host.kernel.kill(effect, 143)
      else yield isAbortable ? { signals: [effect.exited, this.host.stirred], seconds: Infinity } : effect.exited
    }
    yield* this.pass('after', what)
    return effect.code < 0 ? 137 : effect.code
  }

  /** The steps in order, the intent on the platter before each effect. Sets `cause` when one fails. */
  *runPhase(phase: Phase): Run<boolean> {
    for (const step of this.site.steps(this.id, phase)) {
      if (this.isAbortWaiting()) return false
      if (!(yield* this.runOne(phase, step))) return false
    }
    return true
  }

  *runOne(phase: Phase, step: Step): Run<boolean> {
    if (!(yield* this.record('began', phase, step.id))) {
      this.cause = 'journal-not-written'
      return false
    }
    const code = yield* this.runStep(phase, step, 'run')
    yield* this.record('did', phase, step.id, code)
    if (code === 0) return true
    if (!this.isAbortWaiting()) this.cause = `${phase}-${step.id}`
    return false
  }

  *threeTimes(attempt: () => Run<number>): Run<number> {
    for (const wait of [1, 3]) {
      if ((yield* attempt()) === 0) return 0
      yield wait
    }
    return yield* attempt()
  }

  makeRoom(bytes: number): void {
    this.host.disk.room += bytes
  }

  releaseReserve(): void {
    const { disk } = this.host
    if (disk.has(`${this.tx}/reserve`)) this.makeRoom(LIMITS.reserve * 1024)
    disk.remove(`${this.tx}/reserve`)
  }

  /** The effect that was begun last, if it still runs: its session is told to end. */
  *endRecordedEffect(): Run {
    const effect = this.host.kernel.process(Number(this.host.disk.read(`${this.tx}/effect`)))
    if (effect?.role === 'effect') this.host.kernel.kill(effect, 143)
    yield 0
  }
}
