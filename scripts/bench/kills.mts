import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { PHASES, step, TestStack } from '../../test/support/agent.ts'
import type { TestTransaction } from '../../test/support/test-transaction.ts'
import { until } from '../../test/support/until.ts'
import { type Figure, round } from './figure.mts'

const KILLS = 1000
/** Half of what a transaction takes is the start of processes, the other half is waiting. */
const STACKS = 2 * availableParallelism()
/** Seconds within which the lock must be free after a kill: an effect that is told to end has five of them. */
const PATIENCE = 15

/** One effect that lasts, so that some agents leave one behind. */
const LASTING = { ...PHASES, switch: [step('s1'), step('s2', { run: 'sleep 0.3' })] }

interface Tally {
  kills: number
  sticky: number
}

/**
 * Kills agents at random moments of their transactions, alone or with all that is theirs. Now and then a visitor recovers
 * what is left, and always the next transaction: then the lock must be free.
 */
export async function killedAgents(): Promise<readonly Figure[]> {
  const from = performance.now()
  const tallies = await Promise.all(Array.from({ length: STACKS }, () => killOn(Math.ceil(KILLS / STACKS))))
  const seconds = (performance.now() - from) / 1000
  const n = tallies.reduce((sum, { kills }) => sum + kills, 0)
  const sticky = tallies.reduce((sum, each) => sum + each.sticky, 0)
  const rate = round(n / seconds)
  return [
    {
      what: 'sticky locks after agents were killed',
      unit: 'locks',
      n,
      median: sticky,
      spread: [sticky, sticky],
      bar: 0,
      verdict: sticky === 0 ? 'met' : 'missed',
    },
    { what: 'agents killed a second', unit: '1/s', n, median: rate, spread: [rate, rate], verdict: 'told' },
  ]
}

async function killOn(kills: number): Promise<Tally> {
  await using stack = new TestStack('dash')
  const tally: Tally = { kills: 0, sticky: 0 }
  const whole = await undisturbed(stack)
  while (tally.kills < kills) {
    const transaction = await stack.open({ phases: LASTING, lockTimeout: PATIENCE })
    const course = carryThrough(transaction)
    await sleep(Math.random() * whole)
    if (!kill(stack, transaction)) {
      // Left alone it would wait for its owner's next word, with the lock, as it should.
      await course
      continue
    }
    tally.kills++
    stack.cutChannels()
    if (Math.random() < 0.5) continue
    await stack.recover()
    if (!(await isFree(stack))) tally.sticky++
  }
  // The lock of the last kill, and whatever stuck before it.
  await stack.recover()
  await undisturbed(stack)
  if (!(await isFree(stack))) tally.sticky++
  return tally
}

/** Milliseconds of a transaction from its opening to its end. */
async function undisturbed(stack: TestStack): Promise<number> {
  const from = performance.now()
  const transaction = await stack.open({ phases: LASTING, lockTimeout: PATIENCE })
  await carryThrough(transaction)
  const end = transaction.records().at(-1)
  if (end?.startsWith('ended committed') !== true)
    throw new Error(`a transaction that nobody disturbed: ${end ?? 'no record'}`)
  return performance.now() - from
}

/** As a runner does it; what comes of it when the agent dies is of no interest. */
async function carryThrough(transaction: TestTransaction): Promise<void> {
  await transaction.opened
  await transaction.say('advance', 'switch')
  await transaction.say('confirm', 'unchecked')
}

/** SIGKILL, unless it has not begun or has ended. */
function kill(stack: TestStack, transaction: TestTransaction): boolean {
  if (!transaction.isAlive()) return false
  const pid = Number(stack.lines(`transactions/${transaction.id}/pid`)[0])
  try {
    process.kill(Math.random() < 0.5 ? pid : -pid, 'SIGKILL')
    return true
  } catch {
    return false
  }
}

async function isFree(stack: TestStack): Promise<boolean> {
  return until(async () => !(await stack.isLocked()), 'the lock', PATIENCE).then(
    () => true,
    () => false,
  )
}
