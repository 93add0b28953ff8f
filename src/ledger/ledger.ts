import type { Result } from '../agent/protocol.ts'

/** One transaction of a stack, as its host remembers it: a line of `ledger.jsonl`. */
export interface LedgerEntry {
  readonly v: 1
  readonly tx: string
  /** When it ended, ISO 8601 in UTC. */
  readonly time: string
  readonly result: Result
  readonly cause: string
  /** From its first record to its last. */
  readonly seconds: number
  readonly action: 'deploy' | 'rollback' | 'migration' | 'removal'
  readonly release: string
  readonly version: string
  readonly commit: string
  /** The release that was live before, '' when there was none. */
  readonly from: string
  readonly actor: string
  readonly run: string
  readonly digests: Digests
  /** Logins of who approved it on GitHub. */
  readonly approvers: readonly string[]
  /**
   * What a migration in it did to the schema: nothing, something that the release before can run on as the user says, or
   * something of which nobody says so. Absent where none was begun.
   */
  readonly migration?: 'unchanged' | 'compatible' | 'unknown'
}

/** Service to the digest of its image, `sha256:…`. */
export type Digests = Readonly<Record<string, string>>

/** What the runner knows of an entry when it plans; the agent adds how and when it ended, and the checksum. */
export type LedgerFields = Pick<LedgerEntry, 'action' | 'release' | 'version' | 'commit' | 'from' | 'actor' | 'run'> &
  Partial<Pick<LedgerEntry, 'digests' | 'approvers'>>

/** The members without braces, as the agent puts them behind its own. */
export function formatFields(fields: LedgerFields): string {
  return JSON.stringify({ ...fields, digests: fields.digests ?? {}, approvers: fields.approvers ?? [] }).slice(1, -1)
}

/** All transactions of a stack that are known, oldest first. */
export type Ledger = readonly LedgerEntry[]

/** Parses the ledger's lines; one that a newer version wrote, or that a crash tore, is passed over. */
export function parseLedger(lines: readonly string[]): Ledger {
  return lines.flatMap(parseEntry)
}

/** A line as some version wrote it; older ones knew less. */
type Written = Omit<LedgerEntry, 'v' | 'digests' | 'approvers'> &
  Partial<Pick<LedgerEntry, 'digests' | 'approvers'>> & { readonly v: number; readonly sum?: string }

function parseEntry(line: string): Ledger {
  try {
    const { sum, ...entry } = JSON.parse(line) as Written
    return entry.v === 1 ? [{ ...entry, v: 1, digests: entry.digests ?? {}, approvers: entry.approvers ?? [] }] : []
  } catch {
    return []
  }
}

/** Releases that were confirmed, latest first, each once. */
export function confirmedReleases(ledger: Ledger): readonly string[] {
  return [
    ...new Set(
      ledger
        .filter(madeSomethingLive)
        .map(({ release }) => release)
        .reverse(),
    ),
  ]
}

function madeSomethingLive({ result, action }: LedgerEntry): boolean {
  return result === 'committed' && (action === 'deploy' || action === 'rollback')
}

/** The entry that made a release the live one, the last time that this happened. */
export function whatMadeLive(ledger: Ledger, release: string): LedgerEntry | undefined {
  return ledger.findLast((entry) => madeSomethingLive(entry) && entry.release === release)
}
