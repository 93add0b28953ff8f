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
      if (!(yield* this.mayBeTakenBack(phase, step))) return yield* this.finish('stuck', cause)
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

  /** What follows the commit can only be completed. */
  *windUp(): Run {
    this.releaseReserve()
    const unfinished: string[] = []
    for (const step of this.site.steps(this.id, 'finish')) {
      if (this.has('did', 'finish', step.id, 0)) continue
      yield* this.record('began', 'finish', step.id)
      const code = yield* this.threeTimes(() => this.runStep('finish', step, 'run'))
      yield* this.record('did', 'finish', step.id, code)
      if (code !== 0) unfinished.push(step.id)
    }
    yield* this.finish('committed', unfinished.length > 0 ? `unfinished:${unfinished.join()}` : '')
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
