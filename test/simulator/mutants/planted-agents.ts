import type { Phase, State } from '../../../src/agent/protocol.ts'
import type { Step } from '../../../src/plan/plan.ts'
import { Agent } from '../agent/agent.ts'
import type { EffectKind } from '../agent/steps.ts'
import type { Process, Run } from '../kernel.ts'

// Agents with one planted bug each.

export class RecordsAfterTheEffect extends Agent {
  override *runOne(phase: Phase, step: Step): Run<boolean> {
    const code = yield* this.runStep(phase, step, 'run')
    yield* this.record('began', phase, step.id)
    yield* this.record('did', phase, step.id, code)
    this.cause = `${phase}-${step.id}`
    return code === 0
  }
}

export class SyncsNothing extends Agent {
  override sync(): void {
    return
  }
}

export class LeavesOrphans extends Agent {
  override spawnEffect(step: Step, kind: EffectKind): Process {
    const effect = super.spawnEffect(step, kind)
    this.host.lock.close(effect)
    return effect
  }

  override *endRecordedEffect(): Run {
    yield 0
  }
}

export class AsksNoGate extends Agent {
  override *mayBeTakenBack(): Run<boolean> {
    yield 0
    return true
  }
}

export class SettlesNothing extends Agent {
  override *settle(cause: string): Run {
    yield* this.finish('stuck', cause)
  }
}

export class SettlesWhatNeverBegan extends Agent {
  override isDue(): boolean {
    return true
  }
}

export class KeepsTheNewAliveFirst extends Agent {
  override *runStep(phase: string, step: Step, kind: EffectKind): Run<number> {
    const run = phase === 'settle' ? step.run.split(' && ').reverse().join(' && ') : step.run
    return yield* super.runStep(phase, { ...step, run }, kind)
  }
}

export class WindsUpTrials extends Agent {
  override *goOnFrom(state: State): Run {
    yield* state === 'trial' ? this.windUp() : super.goOnFrom(state)
  }
}

export class UndoesWhatIsCommitted extends Agent {
  override *goOnFrom(): Run {
    yield* this.undo('agent-gone')
  }
}

export class EndsBeforeTheWayBack extends Agent {
  override *undo(cause: string): Run {
    yield* this.end('undone', cause)
    yield* super.undo(cause)
  }
}

export class RecoversNothing extends Agent {
  override *recover(): Run<number> {
    yield 0
    return 0
  }
}

export class LeavesTornTails extends Agent {
  override cutTornTail(): void {
    return
  }
}

export class HasNoDeadline extends Agent {
  override isLeaseOver(): boolean {
    return false
  }
}

export class KeepsItsReserve extends Agent {
  override releaseReserve(): void {
    return
  }
}

export class TidiesNothingUp extends Agent {
  override *windUp(): Run {
    yield* this.finish('committed', '')
  }
}

export class FreesTheStackFirst extends Agent {
  override *finish(result: string, cause: string): Run {
    this.host.disk.remove('open')
    this.host.disk.syncFolder('')
    yield* this.pass('file', 'open removed')
    yield* super.finish(result, cause)
  }
}

export class CommitsBeforeItRecords extends Agent {
  override *decide(): Run<boolean> {
    yield* this.windUp()
    return yield* super.decide()
  }
}

export class SkipsTheLook extends Agent {
  override *isWell(): Run<boolean> {
    yield 0
    return true
  }

  override objection(): string | undefined {
    return undefined
  }

  override *runPhase(phase: Phase): Run<boolean> {
    return phase === 'commit' || (yield* super.runPhase(phase))
  }
}
