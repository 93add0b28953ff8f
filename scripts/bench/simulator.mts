import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { CASES, emptyTally, firstFaults, note, secondFaults, singleFaults } from '../../test/simulator/enumerate.ts'
import { type Figure, round } from './figure.mts'

/** Seconds for all states together. */
const BAR = 60

/** What one worker found. */
interface Share {
  readonly states: number
  readonly violations: readonly string[]
  readonly known: ReadonlyMap<string, number>
}

/**
 * Every fault at every instant, and every second fault at the boundaries of what follows, of a deploy and a rollback on every
 * kind of host, in the simulator. Violations are printed, and known defects that were met again.
 */
export async function simulated(): Promise<readonly Figure[]> {
  const start = performance.now()
  const workers = Math.max(2, availableParallelism())
  const shares = await Promise.all(Array.from({ length: workers }, (_, index) => share(index, workers)))
  const seconds = round((performance.now() - start) / 1000)
  const n = shares.reduce((sum, { states }) => sum + states, 0)
  const violations = shares.flatMap((each) => each.violations)
  for (const violation of violations.slice(0, 50)) console.error(violation)
  for (const [defect, times] of shares.flatMap(({ known }) => [...known]))
    console.error(`known, ${times} times: ${defect}`)
  const what = 'faults and second faults in the simulator'
  return [
    {
      what: `${what}: violations`,
      unit: 'violations',
      n,
      median: violations.length,
      spread: [violations.length, violations.length],
      bar: 0,
      verdict: violations.length === 0 ? 'met' : 'missed',
    },
    {
      what: `${what}: time`,
      unit: 's',
      n,
      median: seconds,
      spread: [seconds, seconds],
      bar: BAR,
      verdict: seconds <= BAR ? 'met' : 'missed',
    },
  ]
}

function share(index: number, count: number): Promise<Share> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { index, count } })
    worker.on('message', resolve).on('error', reject)
  })
}

/** First faults are dealt out in turn. */
function run({ index, count }: { readonly index: number; readonly count: number }): Share {
  const tally = emptyTally()
  const isMine = (_: unknown, place: number): boolean => place % count === index
  for (const tried of CASES) {
    const seen = new Set<string>()
    for (const trial of singleFaults(tried).filter(isMine)) note(tally, trial)
    for (const first of firstFaults(tried).filter(isMine))
      for (const second of secondFaults(first, seen)) note(tally, second)
  }
  return tally
}

if (!isMainThread) parentPort?.postMessage(run(workerData as { index: number; count: number }))
