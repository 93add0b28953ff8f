import { setTimeout as pause } from 'node:timers/promises'
import type { Verdict } from '../agent/verdict.ts'
import type { Job } from '../runner/job.ts'
import type { Check } from './check.ts'
import { formatDuration } from './duration.ts'
import { failuresOf } from './expectation.ts'
import { type Ask, askOverHttp, type Reply } from './http.ts'
import { secretsOf } from './secrets.ts'

export interface CheckResult {
  readonly check: Check
  readonly verdict: Verdict
  /** Why it is not good, a sentence each; empty when it is. */
  readonly failures: readonly string[]
  /** How many times it was asked; 0 when the job was cancelled before. */
  readonly tries: number
  /** Of the last answer; absent when none came. */
  readonly status?: number
  readonly ms?: number
}

export interface CheckReport {
  readonly verdict: Verdict
  /** In the order of the checks. */
  readonly results: readonly CheckResult[]
}

/** Checks at a time: few enough not to be a load of their own on a small server. */
const AT_ONCE = 8

/** The most that `runChecks` may take, in seconds: with more checks than are made at a time, they queue. */
export function longestSeconds(checks: readonly Check[]): number {
  const each = checks.map(({ timeoutMs, retries, everyMs }) => (retries + 1) * timeoutMs + retries * everyMs)
  const queued = checks.length > AT_ONCE ? each.reduce((sum, ms) => sum + ms, 0) / AT_ONCE : 0
  return Math.ceil((Math.max(0, ...each) + queued) / 1000)
}

/** Seconds beside the checks: the report of what they found must get through before a lease ends. */
const MARGIN = 30

/** Seconds that a lease must have so that the checks can't outlast it; at least so many as it is to have anyway. */
export function leaseFor(checks: readonly Check[], least: number): number {
  return checks.length === 0 ? least : Math.max(least, longestSeconds(checks) + MARGIN)
}

/**
 * Asks every check, some at a time, each until it is good or its tries are used up.
 *
 * A check is *good* when one try's answer is as expected, and otherwise what its last try was: *bad* when the answer was
 * not as expected, or none came for a reason that the site's users would meet too (refused, reset, timed out, no such
 * name, a bad certificate); *unknown* when nothing can be said of the site, because the failure is this machine's (no DNS
 * server, no route, out of descriptors) or the job was cancelled. Together: bad when a blocking check is bad, else unknown
 * when a blocking check is, else good. Advisory checks decide nothing.
 *
 * Ends soon after `job.signal` is aborted.
 */
export async function runChecks(
  checks: readonly Check[],
  job: Pick<Job, 'log' | 'mask' | 'signal'>,
  ask: Ask = askOverHttp,
): Promise<CheckReport> {
  for (const secret of checks.flatMap(secretsOf)) job.mask(secret)
  const results: CheckResult[] = []
  const queue = checks.entries()
  const work = async (): Promise<void> => {
    for (const [index, check] of queue) results[index] = await runCheck(check, job, ask)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return { verdict: together(results), results }
}

function together(results: readonly CheckResult[]): Verdict {
  const verdicts = results.filter(({ check }) => check.blocking).map(({ verdict }) => verdict)
  return (['bad', 'unknown'] as const).find((verdict) => verdicts.includes(verdict)) ?? 'good'
}

async function runCheck(check: Check, { log, signal }: Pick<Job, 'log' | 'signal'>, ask: Ask): Promise<CheckResult> {
  const cancelled = (): boolean => signal.aborted
  for (let tries = 1; !cancelled(); tries++) {
    const result = judge(check, tries, await ask(check, signal))
    if (result.verdict === 'good' || tries > check.retries) return result
    const again = `try ${tries} of ${check.retries + 1}, again in ${formatDuration(check.everyMs)}`
    log.line(`${check.name}: ${result.failures.join('; ')} (${again})`)
    // Woken early by the signal.
    await pause(check.everyMs, undefined, { signal }).catch(() => undefined)
    if (cancelled()) return { ...result, verdict: 'unknown', failures: [...result.failures, CANCELLED] }
  }
  return { check, verdict: 'unknown', failures: [CANCELLED], tries: 0 }
}

const CANCELLED = 'the job was cancelled before all tries were made'

function judge(check: Check, tries: number, reply: Reply): CheckResult {
  if (reply.kind === 'untold') return { check, tries, verdict: 'unknown', failures: [reply.why] }
  if (reply.kind === 'down') return { check, tries, verdict: 'bad', failures: [reply.why] }
  const { status, ms } = reply.answer
  const failures = failuresOf(reply.answer, check.expected)
  return { check, tries, status, ms, failures, verdict: failures.length === 0 ? 'good' : 'bad' }
}
