/**
 * `npm run bench`: the figures that have a bar, each measured beside its control in the same run. Prints JSON, writes it to
 * report/bench.json, and exits 1 when a bar is missed. A control that is itself unsteady makes a figure void, not missed.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { simulated } from './bench/simulator.mts'
import { bundleSizes } from './bench/size.mts'
import { startTimes } from './bench/start.mts'

const figures = [...bundleSizes(), ...startTimes(), ...(await simulated())]
const text = JSON.stringify(figures, null, 2)
mkdirSync('report', { recursive: true })
writeFileSync('report/bench.json', `${text}\n`)
console.log(text)
for (const { what, median, unit, bar, verdict } of figures)
  console.error(`${verdict.padEnd(6)} ${what}: ${median} ${unit}, bar ${bar}`)
process.exitCode = figures.some(({ verdict }) => verdict === 'missed') ? 1 : 0
