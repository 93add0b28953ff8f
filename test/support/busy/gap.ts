import type { LabHost } from '../lab/lab.ts'
import { must } from '../lab/must.ts'
import type { BusyShop } from './busy-shop.ts'
import type { CrowdReport, Failed } from './visitors.ts'

/** A span of time, in milliseconds since 1970; the journal has whole seconds. */
export interface Span {
  readonly from: number
  readonly to: number
}

/**
 * When the latest transaction was without an edge: from the stop of the old one until the new one was seen to lead to the
 * release; or, where that was taken back, until the end of the way back. Undefined where it replaced none.
 */
export async function gapOfEdge(host: LabHost, { path }: BusyShop): Promise<Span | undefined> {
  const latest = `$(ls -d ${path}/transactions/t-* | tail -n 1)`
  const [journal = '', steps = ''] = (
    await must(host, `cd ${latest} && cat journal && echo --- && cat plan/switch/steps`)
  ).split('---\n')
  const [stop] = /^(?<id>\d+) \d+ stop the old edge$/m.exec(steps)?.slice(1) ?? []
  const last = /^(\d+) .*\n?$/m.exec(steps.trim().split('\n').at(-1) ?? '')?.[1]
  const at = (record: string): number | undefined => {
    const seconds = new RegExp(String.raw`^\d+ (\d+) \d+ ${record}\b`, 'm').exec(journal)?.[1]
    return seconds === undefined ? undefined : 1000 * Number(seconds)
  }
  const from = at(`began switch ${stop ?? 'none'}`)
  const to = at('ended undone') ?? at(`did switch ${last ?? 'none'} 0`)
  return from === undefined || to === undefined ? undefined : { from, to: to + 1000 }
}

/** Requests that failed, and were under way at no moment of that time. */
export function failedOutside({ began, failures, failed }: CrowdReport, gap: Span | undefined): readonly Failed[] {
  if (failed > failures.length) throw new Error(`${failed} requests failed, of which ${failures.length} are known`)
  return failures.filter(({ asked, at }) => gap === undefined || began + asked > gap.to || began + at < gap.from)
}
