import { UsageError } from '../errors.ts'
import type { LedgerEntry } from '../ledger/ledger.ts'
import type { Manifest } from '../release/manifest.ts'
import type { Order } from '../release/order.ts'

export interface Successor {
  readonly version: string
  readonly commit: string
  readonly live: Manifest
  /** The transaction that made the live release live, as far as the ledger goes back. */
  readonly madeLive: LedgerEntry | undefined
  /** Whether the user says that an older commit is meant. */
  readonly allowDowngrade: boolean
}

/** What the reader of the log must know of the order of two releases; undefined where all is as usual. */
export interface OrderRemark {
  readonly as: 'line' | 'warning'
  readonly text: string
}

/**
 * Refuses an older commit than the live one, unless it is meant: what was fixed since would silently be gone. One that has
 * diverged is not older, and where the order can't be told, the deploy goes on and says so.
 *
 * @throws UsageError
 */
export function checkOrder(order: Order, successor: Successor): OrderRemark | undefined {
  const { version, commit, live, allowDowngrade } = successor
  const here = `${short(commit)} (${version})`
  const there = `${short(live.commit)} of the live release ${live.id}`
  switch (order.kind) {
    case 'same':
    case 'newer':
      return undefined
    case 'diverged':
      return { as: 'line', text: `The commit ${here} and ${there} have diverged: neither is older.` }
    case 'unknown':
      return { as: 'warning', text: `Whether the commit ${here} is older than ${there} can't be told: ${order.why}.` }
    case 'older':
      if (!allowDowngrade) throw new UsageError(refusal(here, there, successor))
      return {
        as: 'warning',
        text: `allow-downgrade: the commit ${here} is older than ${there}. The database is not taken back with it.`,
      }
  }
}

function refusal(here: string, there: string, { madeLive }: Successor): string {
  const by = madeLive === undefined ? '' : `, which ${madeLive.actor} deployed at ${madeLive.time} (${madeLive.run})`
  return [
    `allow-downgrade: the commit ${here} is older than ${there}${by}. Nothing was changed.`,
    '  A run that waited or was started again must not undo a newer one. Deploy the newest commit;',
    '  to go back, use the action rollback; if this very commit is meant, write `allow-downgrade: true`.',
  ].join('\n')
}

function short(commit: string): string {
  return commit.slice(0, 12) || 'unknown'
}
