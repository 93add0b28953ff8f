import type { Lab } from '../../test/support/lab/lab.ts'
import { againstBare } from './against-bare.mts'
import type { Figure } from './figure.mts'
import { killedAgents } from './kills.mts'
import { overSsh } from './over-ssh.mts'
import { simulated } from './simulator.mts'
import { bundleSizes } from './size.mts'
import { startTimes } from './start.mts'
import { nothingChanged } from './unchanged.mts'
import { underLoad } from './under-load.mts'
import { wayBack } from './way-back.mts'

type Figures = Promise<readonly Figure[]> | readonly Figure[]

/** What can be measured by itself: `npm run bench -- NAME`. Those on a lab share one. */
export type Row =
  | { readonly where: 'here'; readonly measure: () => Figures }
  | { readonly where: 'lab'; readonly measure: (lab: Lab) => Figures }

export const ROWS: Readonly<Record<string, Row>> = {
  size: { where: 'here', measure: bundleSizes },
  start: { where: 'here', measure: startTimes },
  simulator: { where: 'here', measure: simulated },
  kills: { where: 'here', measure: killedAgents },
  bare: { where: 'lab', measure: againstBare },
  ssh: { where: 'lab', measure: overSsh },
  unchanged: { where: 'lab', measure: nothingChanged },
  back: { where: 'lab', measure: wayBack },
  load: { where: 'lab', measure: underLoad },
}

/** @throws Error that names the rows there are */
export function chooseRows(names: readonly string[]): readonly Row[] {
  const known = Object.keys(ROWS)
  return (names.length === 0 ? known : names).map((name) => {
    const row = Object.hasOwn(ROWS, name) ? ROWS[name] : undefined
    if (row === undefined) throw new Error(`There is no row "${name}"; there are: ${known.join(', ')}.`)
    return row
  })
}
