import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { actionNames, root } from '../bundle.mts'
import { type Figure, isUnsteady, median, round, spread } from './figure.mts'

const RUNS = 15
/** Milliseconds over `node -e 0`. */
const BAR = 150

/** How long each bundle takes to say which inputs are missing, over an empty program of the same Node, in turn. */
export function startTimes(): readonly Figure[] {
  return actionNames().map((name) => {
    const bundle = join(root, 'dist', name, 'index.js')
    time([bundle])
    const pairs = Array.from({ length: RUNS }, () => ({ control: time(['-e', '0']), action: time([bundle]) }))
    const over = pairs.map(({ control, action }) => action - control)
    const controls = pairs.map(({ control }) => control)
    return {
      what: `start of ${name} over node -e 0`,
      unit: 'ms',
      n: RUNS,
      median: round(median(over)),
      spread: spread(over),
      ratio: round(median(pairs.map(({ control, action }) => action / control))),
      bar: BAR,
      verdict: median(over) <= BAR ? 'met' : isUnsteady(controls, 4) ? 'void' : 'missed',
    }
  })
}

function time(args: readonly string[]): number {
  const start = performance.now()
  spawnSync(process.execPath, args, { env: { PATH: process.env['PATH'] }, stdio: 'ignore' })
  return performance.now() - start
}
