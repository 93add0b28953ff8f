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
 * release; and, where that was taken back, on the way back. None where it replaced none.
 */
export async function gapsOfEdge(host: LabHost, { path }: BusyShop): Promise<readonly Span[]> {
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
  const [seen, back, end] = [at(`did switch ${last ?? 'none'} 0`), at('undoing'), at('ended undone')]
  const gaps = seen === undefined ? [[from, end]] : [[from, seen], ...(back === undefined ? [] : [[back, end]])]
  return gaps.flatMap(([from, to]) => (from === undefined || to === undefined ? [] : [{ from, to: to + 1000 }]))
}

/** When what a release has left, stopped, ended: each takes with it what it was about to answer. The engine notices it a little later. */
export async function deaths(host: LabHost, { stack }: BusyShop): Promise<readonly Span[]> {
  const kept = `docker ps --all --quiet --filter status=exited --filter label=com.docker.compose.project=${stack} --filter label=estiba.slot`
  const times = await must(host, `${kept} | xargs -r docker inspect --format '{{.State.FinishedAt}}'`)
  return times
    .split('\n')
    .filter(Boolean)
    .map((time) => ({ from: Date.parse(time) - 1000, to: Date.parse(time) }))
}

/** Requests that failed, and were under way at no moment of those times. */
export function failedOutside({ began, failures, failed }: CrowdReport, gaps: readonly Span[]): readonly Failed[] {
  if (failed > failures.length) throw new Error(`${failed} requests failed, of which ${failures.length} are known`)
  return failures.filter(({ asked, at }) => gaps.every(({ from, to }) => began + asked > to || began + at < from))
}
