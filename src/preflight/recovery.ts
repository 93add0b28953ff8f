import type { Observation } from '../stack/observation.ts'

/** What to know of recovery without the runner, where it is not as it should be, and of a history that was changed. */
export function recoveryWarnings({
  cron,
  brokenLedgerLines,
}: Pick<Observation, 'cron' | 'brokenLedgerLines'>): readonly string[] {
  return [
    ...(cron
      ? []
      : [
          'no minute job, since the user has no crontab on the host: what a crash or a restart of the host leaves half done ' +
            'is recovered only at the next deploy or rollback; install cron, or allow the user to use it',
        ]),
    ...brokenLedgerLines.map(
      (line) =>
        `line ${line} of ledger.jsonl does not fit the one before it: the history of this stack was changed by hand`,
    ),
  ]
}
