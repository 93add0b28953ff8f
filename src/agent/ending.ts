import type { Log } from '../runner/job.ts'
import { explainCause, type Progress } from './progress.ts'

/** Says how a transaction ended that was asked to abort; one that had ended before keeps its end. */
export function tellEnding(progress: Progress, log: Pick<Log, 'line' | 'warning' | 'error'>): void {
  if (progress.kind !== 'ended') {
    log.warning('The transaction could not be ended now; the server goes back by itself when the lease is over.')
    return
  }
  switch (progress.result) {
    case 'committed':
      log.line('The release is confirmed; there is nothing to take back.')
      return
    case 'undone':
      log.line(`Undone: the release before serves (${explainCause(progress.cause)}).`)
      return
    case 'stuck':
      log.error(
        'Stuck: it could neither go on nor be taken back. What runs now goes on running; a human must look at it.',
      )
      return
  }
}
