import { describe, expect, test } from 'vitest'
import { held, PHASES, SHELLS, step, TestStack } from '../../support/agent.ts'

const committed = { kind: 'ended', result: 'committed', cause: '' }

describe.concurrent.each(SHELLS)('words, in %s', (shell) => {
  test('a confirmation needs a check that says good', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('trial')

    expect((await transaction.say('confirm', 'checked')).progress).toEqual({ kind: 'refused', why: 'no-check' })
    await transaction.say('report', 'outside', 'good')
    await transaction.say('report', 'inside', 'unknown')
    expect((await transaction.say('confirm', 'checked')).progress).toEqual({ kind: 'refused', why: 'check-unknown' })
    await transaction.say('report', 'latency', 'bad')
    expect((await transaction.say('confirm', 'unchecked')).progress).toEqual({ kind: 'refused', why: 'check-bad' })
    expect(stack.trace()).toEqual(['p1', 'p2', 's1', 's2'])

    await transaction.say('report', 'latency', 'good')
    await transaction.say('report', 'inside', 'good')
    expect((await transaction.say('confirm', 'checked')).progress).toEqual(committed)
  })

  test('without any check it may be confirmed when that is said', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('trial')
    expect((await transaction.say('confirm', 'unchecked')).progress).toEqual(committed)
  })

  test('only the owner goes on, renews, reports and confirms', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('prepared')
    const refused = { code: 3, progress: { kind: 'refused', why: 'not-owner' } }

    expect(await transaction.sayAsOther('advance', 'switch')).toMatchObject(refused)
    expect(await transaction.sayAsOther('renew', '3600')).toMatchObject(refused)
    await transaction.say('advance', 'switch')
    expect(await transaction.sayAsOther('report', 'mine', 'good')).toMatchObject(refused)
    expect(await transaction.sayAsOther('confirm', 'unchecked')).toMatchObject(refused)
    expect(stack.list(`transactions/${transaction.id}/inbox`)).toEqual(['1'])
    expect(stack.trace()).toEqual(['p1', 'p2', 's1', 's2'])
  })

  test('anybody may abort', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('trial')
    expect(await transaction.sayAsOther('abort', 'rolled-back')).toMatchObject({
      code: 0,
      progress: { kind: 'ended', result: 'undone', cause: 'rolled-back' },
    })
    expect(stack.ledger()).toMatchObject([{ result: 'undone', cause: 'rolled-back' }])
  })

  test('a cause can not break the ledger', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('prepared')
    await transaction.sayAsOther('abort', `"},\\n{'$(id)`)
    expect(stack.ledger()).toMatchObject([{ result: 'undone', cause: ',nid' }])
  })

  test('words at the wrong time are refused and change nothing', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('prepared')
    const refused = (state: string) => ({ code: 3, progress: { kind: 'refused', why: `state-${state}` } })

    expect(await transaction.say('confirm', 'unchecked')).toMatchObject(refused('prepared'))
    expect(await transaction.say('advance', 'prepare')).toMatchObject(refused('prepared'))
    expect(await transaction.say('advance', 'finish')).toMatchObject(refused('prepared'))
    expect(await transaction.say('nonsense')).toMatchObject(refused('prepared'))
    // There is a rule for this one, but the plan has no such steps.
    expect((await transaction.say('advance', 'migrate')).progress).toEqual({ kind: 'refused', why: 'no-steps' })
    expect((await transaction.say('renew', 'long')).progress).toEqual({ kind: 'refused', why: 'not-seconds' })
    await transaction.say('advance', 'switch')
    expect(await transaction.say('advance', 'switch')).toMatchObject(refused('trial'))
    expect(await transaction.addPhase('migrate', [step('late')])).toMatchObject(refused('trial'))
    expect(stack.trace()).toEqual(['p1', 'p2', 's1', 's2'])
    expect(transaction.isAlive()).toBe(true)
  })

  test('after the end every word is answered with it', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('trial')
    await transaction.say('confirm', 'unchecked')
    const trace = stack.trace()

    for (const words of [
      ['confirm', 'checked'],
      ['abort', 'too-late'],
      ['renew', '60'],
      ['advance', 'switch'],
    ])
      expect(await transaction.say(...words)).toMatchObject({ code: 0, progress: committed })
    expect(stack.trace()).toEqual(trace)
    expect(stack.ledger()).toHaveLength(1)
  })

  test('an abort that comes after the decision is answered with what was decided', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('trial', { phases: { ...PHASES, finish: [held('f1'), step('f2')] } })
    const confirming = transaction.say('confirm', 'unchecked')
    await transaction.recorded('began finish 01')
    const aborting = transaction.sayAsOther('abort')
    await transaction.said(3)
    await stack.let('f1')

    expect((await confirming).progress).toEqual(committed)
    expect((await aborting).progress).toEqual(committed)
    expect(stack.trace().slice(-4)).toEqual(['c1', 'f1', 'f1 ended', 'f2'])
  })

  test('a word that waits is answered for itself, not for the one before it', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.open({ phases: { ...PHASES, prepare: [held('p1')] } })
    await transaction.recorded('began prepare 01')
    const reporting = transaction.say('report', 'early', 'good')
    await transaction.said(1)
    await stack.let('p1')

    const answer = await reporting
    expect(answer.lines.some((line) => line.endsWith('reported early good'))).toBe(true)
    expect(answer.progress).toEqual({ kind: 'waiting', state: 'prepared', lease: 60 })
  })

  test('a transaction that does not exist is named', async () => {
    await using stack = new TestStack(shell)
    const { id } = await stack.reach('prepared')
    for (const args of [
      ['say', stack.path, 't-none', 'none', 'abort'],
      ['follow', stack.path, 't-none', '1'],
    ])
      expect(await stack.run(stack.agent(...args))).toMatchObject({
        code: 6,
        errors: `there is no transaction t-none in ${stack.path}\n`,
      })
    expect(id).not.toBe('t-none')
  })
})
