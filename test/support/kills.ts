import { setTimeout as sleep } from 'node:timers/promises'
import { held, type Shell, step, TestStack } from './agent.ts'
import type { TestTransaction } from './test-transaction.ts'
import { until } from './until.ts'

/** What became of agents that were killed, one after the other. */
export interface Kills {
  readonly kills: number
  /** Kills after which the stack was still locked, or still open, when recovery had run. */
  readonly stuck: readonly string[]
  /** Kills a second, each with opening, recovery and the look at the lock. */
  readonly rate: number
}

/** Numbers between 0 and 1 that follow from a seed. https://en.wikipedia.org/wiki/Linear_congruential_generator */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/**
 * Opens transactions on a stack of its own and kills each agent at a random moment of its first second: alone, with all
 * that is its own, or with the first process of its effect. After each, recovery must leave a stack that is free.
 *
 * @param random between 0 and 1
 */
export async function killAgents(shell: Shell, kills: number, random: () => number): Promise<Kills> {
  await using stack = new TestStack(shell)
  const stuck: string[] = []
  const start = performance.now()
  for (let kill = 1; kill <= kills; kill++) {
    const way = WAYS[Math.floor(random() * WAYS.length)] ?? 'agent'
    const wait = Math.floor(random() * 900)
    const transaction = await stack.open({ phases: { prepare: [step('p1'), held('p2')] } })
    await transaction.recorded('began-agent')
    await sleep(wait)
    if (transaction.isAlive()) await killBy(way, stack, transaction)
    await stack.recover(transaction.id)
    if (!(await isFree(stack))) stuck.push(`kill ${kill} in ${shell}: ${way} after ${wait} ms`)
  }
  return { kills, stuck, rate: kills / ((performance.now() - start) / 1000) }
}

const WAYS = ['agent', 'group', 'effect'] as const

async function killBy(way: (typeof WAYS)[number], stack: TestStack, transaction: TestTransaction): Promise<void> {
  const effect = Number(stack.lines(`transactions/${transaction.id}/effect`)[0]?.split(' ')[0])
  if (way === 'group') await transaction.killGroup()
  else await transaction.killAgent()
  if (way !== 'effect' || !(effect > 1)) return
  try {
    process.kill(effect, 'SIGKILL')
  } catch {
    // It had ended already.
  }
}

/** BusyBox's `timeout` may hold the lock for a second more. */
async function isFree(stack: TestStack): Promise<boolean> {
  if (stack.exists('open')) return false
  return await until(async () => !(await stack.isLocked()), 'a free lock', 3).then(
    () => true,
    () => false,
  )
}
