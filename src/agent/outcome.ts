import { StepError } from '../errors.ts'
import { explainCause, type Progress } from './progress.ts'
import type { State } from './protocol.ts'

/** What was done, for the error that says why it did not go through. */
export interface Undertaking {
  /** As in `deploy v1.2.3`. */
  readonly what: string
  readonly host: string
  /** The stack's folder on the host. */
  readonly path: string
}

/** Returns only when the transaction stands where it should; everything else is told as what it is. */
export function expectState(progress: Progress, wanted: State, undertaking: Undertaking): void {
  if (progress.kind === 'waiting' && progress.state === wanted) return
  if (progress.kind === 'ended' && progress.result === 'committed' && wanted === 'committed') return
  throw unexpected(progress, undertaking)
}

/** Another transaction came between the plan and the lock: nothing was begun, and it can be planned again. */
export function isStale(progress: Progress): boolean {
  return progress.kind === 'ended' && progress.cause === 'stale-plan'
}

/**
 * The exit code of a step of `prepare` that finds something of the host given away since it was planned: EX_TEMPFAIL of
 * sysexits.h.
 */
const GIVEN_AWAY = 75

/** Why a plan was overtaken, so that another one may go through where it did not; undefined where that is not the cause. */
export function whyOvertaken(progress: Progress): string | undefined {
  if (isStale(progress)) return explainCause('stale-plan')
  if (progress.kind !== 'ended' || progress.result !== 'undone') return undefined
  const { key = '', exitCode, title, lastLines = [] } = progress.failure ?? {}
  if (!key.startsWith('prepare-') || exitCode !== GIVEN_AWAY) return undefined
  return [title, ...lastLines.slice(-1)].join(': ')
}

function unexpected(progress: Progress, { what, host, path }: Undertaking): StepError {
  const where = { step: what, host }
  switch (progress.kind) {
    case 'waiting':
      return new StepError({
        ...where,
        why: `the transaction stands at ${progress.state}, where this is not possible`,
        state: `unconfirmed; in ${progress.lease} s the server goes back by itself`,
        next: 'run the steps in the order prepare, migrations, switch, smoke test, confirm',
      })
    case 'refused':
      return new StepError({
        ...where,
        why: `the server refused it: ${explainCause(progress.why)}`,
        state: 'not confirmed; unless it is, the server goes back by itself',
        next: 'see to what was refused, and run the job again',
      })
    case 'gone':
      return new StepError({
        ...where,
        why: 'the agent on the server is gone and could not be recovered',
        state: 'unknown',
        next: `look at the containers on the host: cd ${path}/current && docker compose ps`,
      })
    case 'ended':
      return ended(progress, where, path)
  }
}

function ended(
  { result, cause, failure, lastLines, kept = [], obstacle, holder }: Progress & { readonly kind: 'ended' },
  where: { step: string; host: string },
  path: string,
): StepError {
  const why = failure === undefined ? explainCause(cause) : `${failure.title}: failed`
  const details =
    failure === undefined ? lastLines && { lastLines } : { exitCode: failure.exitCode, lastLines: failure.lastLines }
  const error = { ...where, ...details, why }
  switch (result) {
    case 'committed':
      return new StepError({
        ...where,
        why: 'the transaction is confirmed already',
        state: 'committed: its release is the live one',
      })
    case 'stuck':
      return new StepError({
        ...error,
        state: `stuck: ${obstacle === undefined ? 'it could neither go on nor be taken back' : `it is not taken back (${obstacle})`}; what runs now goes on running`,
        next: `look at the last lines of ${path}/transactions/*/journal on the host, repair by hand, then deploy again`,
      })
    case 'undone':
      if (cause === 'lock-timeout')
        return new StepError({
          ...where,
          why: [explainCause(cause), ...(holder === undefined ? [] : [`it was ${holder}`])].join('; '),
          state: 'nothing was changed',
          next:
            'run the job again when that one has ended; a longer `lock-timeout` waits longer, and the action rollback ' +
            'takes back what is open',
        })
      return new StepError({
        ...error,
        state: UNTOUCHED.includes(cause) ? 'nothing was changed' : 'undone: the release before serves',
        next: ['correct the cause and run the job again', ...whereToLook(kept)].join('; '),
      })
  }
}

function whereToLook(kept: readonly string[]): readonly string[] {
  if (kept.length === 0) return []
  const logs = kept.map((name) => `docker logs ${name}`).join(', ')
  return [`what ran of it is kept on the host, stopped, until the next deploy: ${logs}`]
}

/** Causes of an end before the transaction had the stack to itself. */
const UNTOUCHED = ['lock-timeout', 'stale-plan']
