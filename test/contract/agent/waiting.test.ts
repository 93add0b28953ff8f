import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { agentName } from '../../../src/agent/plan-files.ts'
import { LIMITS } from '../../../src/agent/protocol.ts'
import { SHELLS, step, TestStack } from '../../support/agent.ts'
import { until } from '../../support/until.ts'

describe.concurrent.each(SHELLS)('who waits for the stack, in %s', (shell) => {
  test('gets it in the order of arrival', async () => {
    await using stack = new TestStack(shell)
    const first = await stack.reach('prepared')
    const waiting = []
    for (const name of ['second', 'third', 'fourth']) {
      // Each leaves a line in the ledger, so the next was planned on one more.
      const transaction = await stack.open({ head: waiting.length + 1, phases: { prepare: [step(name)] } })
      await transaction.recorded('blocked')
      waiting.push(transaction)
    }
    expect(stack.list('waiting').filter((name) => !name.startsWith('.'))).toEqual(['1', '2', '3'])
    await first.say('abort')
    for (const transaction of waiting) {
      await transaction.opened
      await transaction.say('abort')
    }
    expect(stack.trace().filter((line) => /^(second|third|fourth)$/.test(line))).toEqual(['second', 'third', 'fourth'])
    expect(stack.list('waiting')).toEqual([])
  })

  test('and has died is not waited for', async () => {
    await using stack = new TestStack(shell)
    const first = await stack.reach('prepared')
    const second = await stack.open()
    await second.recorded('blocked')
    const third = await stack.open({ head: 1 })
    await third.recorded('blocked')
    await second.killGroup()
    await first.say('abort')
    expect((await third.opened).progress).toMatchObject({ kind: 'waiting', state: 'prepared' })
    await until(() => stack.list('waiting').every((name) => name.startsWith('.')), 'no tickets')
  })

  test('who comes last waits behind them, even when the stack is free just then', async () => {
    await using stack = new TestStack(shell)
    const waiting = await stack.reach('prepared')
    mkdirSync(join(stack.path, 'waiting'))
    // The ticket of an agent that lives, whoever holds the lock.
    writeFileSync(join(stack.path, 'waiting', '7'), `${waiting.id}\n`)
    const last = await stack.open({ lockTimeout: 1 })
    await last.recorded(`blocked ${waiting.id}`)
    await last.recorded('ended undone lock-timeout')
    await until(() => stack.list('waiting').join() === '7', 'its ticket given back')
  })
})

describe.concurrent.each(SHELLS)('what is left behind, in %s', (shell) => {
  test('are the last transactions and the agents that they name', async () => {
    await using stack = new TestStack(shell)
    const old = Array.from(
      { length: LIMITS.transactions + 3 },
      (_, index) => `t-2020-${String(index).padStart(2, '0')}`,
    )
    for (const [index, id] of old.entries()) {
      mkdirSync(join(stack.path, 'transactions', id, 'plan'), { recursive: true })
      writeFileSync(join(stack.path, 'transactions', id, 'plan', 'agent'), `agent-${index}\n`)
      // The second was never brought to its end.
      if (index !== 1) writeFileSync(join(stack.path, 'transactions', id, 'journal'), '1 1 1 ended undone aborted\n')
      writeFileSync(join(stack.path, `agent-${index}`), '')
    }
    for (const [name, age] of [
      ['.t-torn', 7200],
      ['.t-new', 0],
    ] as const) {
      mkdirSync(join(stack.path, 'transactions', name))
      utimesSync(join(stack.path, 'transactions', name), new Date(), new Date(Date.now() - age * 1000))
    }
    const { id } = await stack.reach('prepared').then(async (transaction) => {
      await transaction.say('abort')
      return transaction
    })
    await until(async () => !(await stack.isLocked()), 'a free lock')

    expect(readdirSync(join(stack.path, 'transactions')).sort()).toEqual(['.t-new', old[1], ...old.slice(4), id])
    expect(stack.list('.').filter((name) => name.startsWith('agent-'))).toHaveLength(LIMITS.transactions + 1)
    expect(stack.exists('agent-0')).toBe(false)
    expect(stack.exists('agent-1')).toBe(true)
    expect(stack.exists(agentName)).toBe(true)
  })
})
