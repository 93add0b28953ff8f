import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { leave, SHELLS, TestStack } from '../../support/agent.ts'

const undoneAll = ['p1', 'p2', 's1', 's2', 'undo s2', 'undo s1', 'undo p2', 'undo p1']

describe.concurrent.each(SHELLS)('a transaction left alone, in %s', (shell) => {
  test.each(['prepared', 'trial'] as const)('%s: is undone when the lease is over', async (state) => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach(state, { lease: 6 })
    expect((await transaction.follow(transaction.records().length + 1)).progress).toEqual({
      kind: 'ended',
      result: 'undone',
      cause: 'lease-expired',
    })
    expect(stack.trace()).toEqual(state === 'trial' ? undoneAll : ['p1', 'p2', 'undo p2', 'undo p1'])
    expect(stack.ledger()).toMatchObject([{ result: 'undone', cause: 'lease-expired' }])
  })

  // The waits leave seconds to spare: a busy machine is slow to say a word.
  test('is given more time by a renewal, and by each report', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('prepared', { lease: 6 })
    const renewed = await transaction.say('renew', '30')
    expect(renewed.progress).toEqual({ kind: 'waiting', state: 'prepared', lease: 30 })
    await sleep(7500)
    expect((await transaction.say('renew', '10')).progress).toMatchObject({ kind: 'waiting', lease: 10 })
    await sleep(6000)
    expect((await transaction.say('report', 'outside', 'good')).progress).toMatchObject({ kind: 'waiting' })
    await sleep(6000)
    expect(transaction.isAlive()).toBe(true)
    await transaction.recorded('ended undone lease-expired')
  })
})

describe.concurrent.each(SHELLS)('a trial that is watched, in %s', (shell) => {
  test('is undone at once when the watch says no, and what it said is told', async () => {
    await using stack = new TestStack(shell)
    const watch = 'if [ -e "$stack/let-fall" ]; then echo "api was restarted"; exit 1; fi'
    const transaction = await stack.reach('trial', { watch })
    await sleep(1500)
    expect(transaction.isAlive()).toBe(true)
    await stack.let('fall')
    const end = await transaction.follow(transaction.records().length + 1)
    expect(end.progress).toEqual({
      kind: 'ended',
      result: 'undone',
      cause: 'unwell-in-trial',
      lastLines: ['api was restarted'],
    })
    expect(end.lines.slice(0, 2)).toEqual([expect.stringContaining(' undoing unwell-in-trial'), '> api was restarted'])
    expect(stack.trace()).toEqual(undoneAll)
  })

  test('is not watched before it is one', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('prepared', { watch: `${leave('watched')}; exit 1` })
    await sleep(1500)
    expect(stack.trace()).toEqual(['p1', 'p2'])
    await transaction.say('advance', 'switch')
    await transaction.recorded('ended undone unwell-in-trial')
  })
})
