import { describe, expect, test } from 'vitest'
import { held, PHASES, SHELLS, TestStack } from '../../support/agent.ts'

const ID = '0123456789ab'

describe.concurrent.each(SHELLS)('a word that is said again, in %s', (shell) => {
  test('while it is carried out is heard once, and followed', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('prepared', { phases: { ...PHASES, switch: [held('s1')] } })
    const first = transaction.sayAgain(ID, 0, 'advance', 'switch')
    await transaction.recorded('began switch 01')
    const second = transaction.sayAgain(ID, 0, 'advance', 'switch')
    await stack.let('s1')

    expect((await first).progress).toMatchObject({ kind: 'waiting', state: 'trial' })
    expect((await second).lines).toEqual((await first).lines)
    expect(stack.trace()).toEqual(['p1', 'p2', 's1', 's1 ended'])
    expect(stack.list(`transactions/${transaction.id}/inbox`)).toEqual(['1'])
  })

  test('after it was carried out tells all of it once more', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('prepared')
    const first = await transaction.sayAgain(ID, 0, 'advance', 'switch')
    await transaction.say('report', 'outside', 'bad')
    const again = await transaction.sayAgain(ID, 0, 'advance', 'switch')
    expect(again.lines.slice(0, first.lines.length)).toEqual(first.lines)
    expect(again.progress).toMatchObject({ kind: 'waiting', state: 'trial' })
    expect(stack.trace()).toEqual(['p1', 'p2', 's1', 's2'])
  })

  test('from a record on tells what comes after it, and does not wait for what came already', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('prepared')
    const first = await transaction.sayAgain(ID, 0, 'advance', 'switch')
    const last = transaction.records().length
    const [waiting] = first.lines.slice(-1)
    expect((await transaction.sayAgain(ID, last - 1, 'advance', 'switch')).lines).toEqual(first.lines.slice(-2))
    expect((await transaction.sayAgain(ID, last + 1, 'advance', 'switch')).lines).toEqual([waiting])
  })

  test('whose answer was lost when all of it was told is answered with how it ended', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('trial')
    const first = await transaction.sayAgain(ID, 0, 'confirm', 'unchecked')
    const beyond = transaction.records().length + 1
    for (const again of [transaction.sayAgain(ID, beyond, 'confirm', 'unchecked'), transaction.follow(beyond)])
      expect((await again).lines).toEqual(first.lines.slice(-1))
  })

  test('after the end is answered with what became of it', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('trial')
    const confirmed = await transaction.sayAgain(ID, 0, 'confirm', 'unchecked')
    expect((await transaction.sayAgain(ID, 0, 'confirm', 'unchecked')).lines).toEqual(confirmed.lines)
    expect(stack.trace()).toEqual(['p1', 'p2', 's1', 's2', 'c1', 'f1', 'f2'])
  })

  test('by many at once is heard once', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('prepared')
    const words = Array.from({ length: 6 }, () => transaction.sayAgain(ID, 0, 'advance', 'switch'))
    for (const { progress } of await Promise.all(words)) expect(progress).toMatchObject({ state: 'trial' })
    expect(stack.list(`transactions/${transaction.id}/inbox`)).toEqual(['1'])
    expect(stack.trace()).toEqual(['p1', 'p2', 's1', 's2'])
  })

  test('with an id of its own is another word', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('prepared')
    await transaction.say('report', 'outside', 'bad')
    await transaction.say('report', 'outside', 'good')
    expect(stack.list(`transactions/${transaction.id}/inbox`)).toEqual(['1', '2'])
  })

  test('an opening that is followed again does not wait for what came already', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('prepared')
    const last = transaction.records().length
    const answer = await stack.run(stack.agent('follow', stack.path, transaction.id, String(last + 1), '0'))
    expect(answer.progress).toMatchObject({ kind: 'waiting', state: 'prepared' })
  })
})
