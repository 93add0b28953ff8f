import type { Step } from '../../../src/plan/plan.ts'
import type { Run } from '../kernel.ts'
import { StepRunner } from './steps.ts'

export const LEDGER = 'ledger.jsonl'

/** The three ways in which a transaction ends: what `src/agent/program/{ends,ledger}.sh` do. */
export class Ways extends StepRunner {
  /** Of what began, with its phase, latest first. */
  begun(): readonly (readonly [phase: string, step: Step])[] {
    return this.records()
      .flatMap(([type, phase = '', id]) =>
        type === 'began'
          ? this.site.steps(this.id, phase).flatMap((step) => (step.id === id ? [[phase, step] as const] : []))
          : [],
      )
      .reverse()
  }

  /** Back to what was; `stuck` when a gate forbids it or a way back fails. */
  *undo(cause: string): Run {
    this.releaseReserve()
    yield* this.record('undoing', cause)
    for (const [phase, step] of this.begun())
      if (!(yield* this.mayBeTakenBack(phase, step))) return yield* this.settle(cause)
    for (const [phase, step] of this.begun())
      if (!(yield* this.takeBack(phase, step))) return yield* this.finish('stuck', cause)
    yield* this.finish('undone', cause)
  }

  *mayBeTakenBack(phase: string, step: Step): Run<boolean> {
    if (step.gate === undefined || (yield* this.runStep(phase, step, 'gate')) === 0) return true
    yield* this.record('forbidden', phase, step.id)
    return false
  }

  *takeBack(phase: string, step: Step): Run<boolean> {
    if (step.undo === undefined || this.has('undid', phase, step.id, 0)) return true
    const code = yield* this.threeTimes(() => this.runStep(phase, step, 'undo'))
    yield* this.record('undid', phase, step.id, code)
    return code === 0
  }

  /** What follows a decision can only be completed; the steps that stay red. */
  *completePhase(phase: 'finish' | 'settle'): Run<readonly string[]> {
    const unfinished: string[] = []
    for (const step of this.site.steps(this.id, phase)) {
      if (!this.isDue(step) || this.has('did', phase, step.id, 0)) continue
      yield* this.record('began', phase, step.id)
      const code = yield* this.threeTimes(() => this.runStep(phase, step, 'run'))
      yield* this.record('did', phase, step.id, code)
      if (code !== 0) unfinished.push(step.id)
    }
    return unfinished
  }

  /** Some steps are there only for the case that another one has begun, or has not. */
  isDue({ since, unless }: Step): boolean {
    const hasBegun = (step: string): boolean => this.has('began', ...step.split(' '))
    return (since === undefined || hasBegun(since)) && (unless === undefined || !hasBegun(unless))
  }

  *windUp(): Run {
    this.releaseReserve()
    const unfinished = yield* this.completePhase('finish')
    yield* this.finish('committed', unfinished.length > 0 ? `unfinished:${unfinished.join()}` : '')
  }

  /** Nothing may be taken back, so what has taken the place of the old goes on. */
  *settle(cause: string): Run {
    yield* this.completePhase('settle')
    yield* this.finish('stuck', cause)
  }

  *end(result: string, cause: string): Run {
    this.releaseReserve()
    yield* this.record('ended', result, ...(cause === '' ? [] : [cause]))
  }

  /** The terminal record, the ledger's line, and the stack is free. Repeating it changes nothing. */
  *finish(result: string, cause: string): Run {
    const { disk } = this.host
    if (!this.isOver()) yield* this.end(result, cause)
    const ended = this.records().find(([type]) => type === 'ended')
    if (!ended) return
    this.cutTornTail(LEDGER)
    if (!(disk.read(LEDGER) ?? '').includes(`${this.id} `)) {
      disk.append(LEDGER, `${this.id} ${ended.slice(1).join(' ')}\n`)
      yield* this.pass('written', 'ledger')
      this.sync(LEDGER)
      yield* this.pass('recorded', 'ledger')
    }
    disk.remove('open')
    yield* this.pass('file', 'open removed')
    this.host.stir()
  }
}
