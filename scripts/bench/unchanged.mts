import type { Lab } from '../../test/support/lab/lab.ts'
import { type Figure, figureOf } from './figure.mts'
import { oneCommand } from './over-ssh.mts'
import { inPairs } from './pairs.mts'
import { Site } from './site.mts'

/** Seconds beyond the connection. */
const BAR = 0.5

/** The release that is live already, once more. */
export async function nothingChanged(lab: Lab): Promise<readonly Figure[]> {
  await using site = await Site.create(lab, { name: 'unchanged', port: 8080, webs: 1, interval: '1s' })
  await site.deploy()
  const pairs = await inPairs(
    7,
    () => site.deployUnchanged(),
    () => oneCommand(site),
  )
  const question = {
    what: 'nothing changed, beyond the connection',
    unit: 's',
    control: 'one connection with one command',
    bar: BAR,
    hold: 'beyond',
  } as const
  return [figureOf(question, pairs)]
}
