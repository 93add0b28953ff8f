import { joinTransaction } from '../../src/agent/transaction.ts'
import { command } from '../../src/command/command.ts'
import { connect } from '../../src/host/ssh.ts'
import type { Lab } from '../../test/support/lab/lab.ts'
import { firstAnswer } from './answer.mts'
import { type Figure, figureOf, type Pair } from './figure.mts'
import { inPairs } from './pairs.mts'
import { Site } from './site.mts'

const PAIRS = 5

/** Seconds: of an abort during the trial; of a rollback later, beyond the start of a container. */
const BARS = { abort: 1, rollback: 5 }

export async function wayBack(lab: Lab): Promise<readonly Figure[]> {
  await using site = await Site.create(lab, { name: 'back', port: 8080, webs: 1, interval: '1s' })
  await site.deploy()
  const aborted: Pair[] = []
  for (let turn = 0; turn < PAIRS; turn++) aborted.push(await abortTrial(site))
  const rolledBack = await inPairs(
    PAIRS,
    async () => {
      site.backToTheOneBefore()
      return (await site.rollBack()).served
    },
    () => site.floor(),
    async () => {
      await site.next()
      await site.deploy()
    },
  )
  return [
    figureOf(
      {
        what: 'way back during the trial, from the abort to the first answer of the old release',
        unit: 's',
        control: 'one command on the same connection',
        bar: BARS.abort,
      },
      aborted,
    ),
    figureOf(
      {
        what: 'rollback later, from its start to the first answer, beyond the floor',
        unit: 's',
        control: 'docker run to its first 200',
        bar: BARS.rollback,
        hold: 'beyond',
      },
      rolledBack,
    ),
  ]
}

/** The connection is there already: it is measured from the first byte that tells the server to go back. */
async function abortTrial(site: Site): Promise<Pair> {
  await site.next()
  const token = await site.putOnTrial()
  const old = site.backToTheOneBefore()
  await using remote = await connect(site.connection())
  const before = performance.now()
  const { kind } = await remote.run(command('true'))
  const from = performance.now()
  const answer = new AbortController()
  const first = firstAnswer(site.url, old, answer.signal)
  const progress = await joinTransaction(remote, site.path, token).abort('aborted', { line: () => undefined })
  if (progress.kind !== 'ended' || progress.result !== 'undone') throw new Error('the trial was not taken back')
  const served = await first
  answer.abort()
  return { measured: (served - from) / 1000, control: kind === 'exited' ? (from - before) / 1000 : undefined }
}
