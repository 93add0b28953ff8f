import { createHash } from 'node:crypto'
import { ASK_HEADER, ASKED_AT } from '../edge/proxy.ts'
import type { Job } from '../runner/job.ts'
import type { Check } from './check.ts'
import { type Ask, askOverHttp } from './http.ts'
import { type CheckReport, runChecks } from './run.ts'

/** What an edge lets in that is led to the other slot: as `let_ask` in `src/compose/effects/edge/switch.sh` makes it. */
export function askToken(transaction: string): string {
  return createHash('sha256').update(transaction).digest('hex').slice(0, 32)
}

/**
 * Asks a release that visitors are not led to yet: each check with the transaction's token in a header, by which the edge
 * leads it there.
 *
 * A site that does not say the token again is not asked: something before its edge does not hand the header on, and what
 * answers is the release that serves.
 *
 * @returns undefined when no site can be asked
 */
export async function runChecksAhead(
  checks: readonly Check[],
  transaction: string,
  job: Pick<Job, 'log' | 'mask' | 'signal'>,
  ask: Ask = askOverHttp,
): Promise<CheckReport | undefined> {
  const token = askToken(transaction)
  const led = new Set<string>()
  for (const origin of new Set(checks.map(({ url }) => url.origin))) {
    const reply = await ask(question(origin, token), job.signal)
    if (reply.kind === 'answered' && reply.answer.body.trim() === token) led.add(origin)
    else
      job.log.line(`${origin} is asked behind the switch only: ${origin}${ASKED_AT} does not lead to the new release`)
  }
  const asked = checks.filter(({ url }) => led.has(url.origin))
  if (asked.length === 0) return undefined
  const withToken = asked.map((check) => ({ ...check, send: { ...check.send, [ASK_HEADER]: token } }))
  return runChecks(withToken, job, ask)
}

function question(origin: string, token: string): Check {
  return {
    name: `GET ${origin}${ASKED_AT}`,
    method: 'GET',
    url: new URL(ASKED_AT, origin),
    send: { [ASK_HEADER]: token, 'Cache-Control': 'no-cache' },
    follow: false,
    expected: { header: {}, json: {} },
    timeoutMs: 10_000,
    retries: 0,
    everyMs: 0,
    blocking: true,
  }
}
