import type { ActEvent } from '../../test/support/act/result.ts'
import type { Phase, PhaseName } from './recording.mts'

/** The steps of the reusable workflows that the story names, and what it calls them. */
export const phaseOfStep: Readonly<Record<string, PhaseName>> = {
  'Render the stack': 'lint',
  'Build and push': 'build',
  'Prepare the release': 'prepare',
  'Migrate the database': 'migrate',
  'Put the release on trial': 'switch',
  'Test it from outside': 'smoke test',
  'Confirm the release': 'confirm',
  'Go back to the release before': 'go back',
  'Roll back': 'roll back',
}

/** Follows the phases of one run through what act says. */
export class PhaseFollower {
  readonly phases: Phase[] = []
  readonly #started = new Map<PhaseName, number>()
  readonly #onStart: (name: PhaseName) => void
  readonly #onEnd: (phase: Phase) => void

  constructor(onStart: (name: PhaseName) => void, onEnd: (phase: Phase) => void) {
    this.#onStart = onStart
    this.#onEnd = onEnd
  }

  /** Takes one event, seen at `at`. A step that is skipped is none. */
  take({ step, stage, stepResult }: ActEvent, at: number): void {
    const name = stage === 'Main' && step !== undefined ? phaseOfStep[step] : undefined
    if (name === undefined || stepResult === 'skipped') return
    const start = this.#started.get(name)
    if (start === undefined) {
      this.#started.set(name, at)
      this.#onStart(name)
    }
    if (stepResult === undefined) return
    const phase: Phase = { name, start: start ?? at, end: at, result: stepResult }
    this.phases.push(phase)
    this.#onEnd(phase)
  }
}
