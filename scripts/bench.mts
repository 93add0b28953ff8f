/**
 * `npm run bench [-- ROW...]`: the figures that have a bar, each measured beside its control in the same run. Prints JSON,
 * writes it to report/bench.json, and exits 1 when a bar is missed. A control that failed, or is itself unsteady where the
 * bar would be missed, makes a figure void, not missed.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { startLab } from '../test/support/lab/lab.ts'
import { describeFigure, type Figure } from './bench/figure.mts'
import { chooseRows } from './bench/rows.mts'

const rows = chooseRows(process.argv.slice(2))
const figures: Figure[] = []
process.exitCode = 0
/** What fails in one row leaves the others as they are. */
const measure = async (row: () => Promise<readonly Figure[]> | readonly Figure[]): Promise<void> => {
  try {
    const measured = await row()
    for (const figure of measured) console.error(describeFigure(figure))
    figures.push(...measured)
  } catch (error) {
    console.error(error)
    process.exitCode = 1
  }
}

for (const row of rows) if (row.where === 'here') await measure(() => row.measure())
const onLab = rows.filter((row) => row.where === 'lab')
if (onLab.length > 0) {
  await using lab = await startLab({ name: 'bench' })
  for (const row of onLab) await measure(() => row.measure(lab))
}

const text = JSON.stringify(figures, null, 2)
mkdirSync('report', { recursive: true })
writeFileSync('report/bench.json', `${text}\n`)
console.log(text)
for (const figure of figures) console.error(describeFigure(figure))
if (figures.some(({ verdict }) => verdict === 'missed')) process.exitCode = 1
