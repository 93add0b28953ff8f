import { describe, expect, test } from 'vitest'
import { PHASES, SHELLS, step, TestStack } from '../../support/agent.ts'
import { until } from '../../support/until.ts'

describe.concurrent.each(SHELLS)('the way of a transaction, in %s', (shell) => {
  test('goes from opened to committed, each step once and in order', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.open({ phases: { ...PHASES } })

    expect((await transaction.opened).progress).toEqual({ kind: 'waiting', state: 'prepared', lease: 60 })
    const migrated = await transaction.addPhase('migrate', [step('m1')])
    expect(migrated.progress).toEqual({ kind: 'waiting', state: 'migrated', lease: 60 })
    const trial = await transaction.say('advance', 'switch')
    expect(trial.progress).toEqual({ kind: 'waiting', state: 'trial', lease: 60 })
    expect(stack.exists('open')).toBe(true)
    expect(await stack.isLocked()).toBe(true)
    await transaction.say('report', 'smoke-test', 'good')
    const confirmed = await transaction.say('confirm', 'checked')

    expect(confirmed).toMatchObject({ code: 0, progress: { kind: 'ended', result: 'committed', cause: '' } })
    expect(stack.trace()).toEqual(['p1', 'p2', 'm1', 's1', 's2', 'c1', 'f1', 'f2'])
    expect(transaction.records().map((record) => record.replace(/^began-agent .*/, 'began-agent'))).toEqual([
      'began-agent',
      'state open',
      'began prepare 01',
      'did prepare 01 0',
      'began prepare 02',
      'did prepare 02 0',
      'state prepared',
      'waiting prepared 60 0',
      'began migrate 01',
      'did migrate 01 0',
      'state migrated',
      'waiting migrated 60 1',
      'began switch 01',
      'did switch 01 0',
      'began switch 02',
      'did switch 02 0',
      'state trial',
      'waiting trial 60 2',
      'reported smoke-test good',
      'waiting trial 60 3',
      'began commit 01',
      'did commit 01 0',
      'committed',
      'began finish 01',
      'did finish 01 0',
      'began finish 02',
      'did finish 02 0',
      'ended committed ',
    ])
  })

  test('a first word that comes with the package is heard when it is prepared, and followed', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.open({ goesOn: ['advance switch'] })

    expect((await transaction.opened).progress).toEqual({ kind: 'waiting', state: 'trial', lease: 60 })
    expect(stack.trace()).toEqual(['p1', 'p2', 's1', 's2'])
    const confirmed = await transaction.say('confirm', 'unchecked')
    expect(confirmed.progress).toMatchObject({ kind: 'ended', result: 'committed' })
    expect(transaction.records().filter((record) => record.startsWith('waiting'))).toEqual([
      'waiting prepared 60 0',
      'waiting trial 60 1',
    ])
  })

  test('a first word is not heard after a step that failed', async () => {
    await using stack = new TestStack(shell)
    const prepare = [step('p1', { run: 'exit 3' })]
    const transaction = await stack.open({ phases: { ...PHASES, prepare }, goesOn: ['advance switch'] })

    expect((await transaction.opened).progress).toMatchObject({ result: 'undone', cause: 'prepare-01' })
    expect(stack.trace()).toEqual(['p1', 'undo p1'])
  })

  test('leaves a line in the ledger, a free lock and no login', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('trial')
    await transaction.say('confirm', 'unchecked')

    expect(stack.ledger()).toEqual([
      {
        v: 1,
        tx: transaction.id,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
        result: 'committed',
        cause: '',
        seconds: expect.any(Number) as number,
        action: 'deploy',
        release: `r-${transaction.id}`,
        version: '1.0.0',
        commit: 'abc',
        from: '',
        actor: 'ana',
        run: 'u',
        digests: {},
        approvers: [],
      },
    ])
    expect(stack.exists('open')).toBe(false)
    expect(transaction.isAlive()).toBe(false)
    await until(async () => !(await stack.isLocked()), 'a free lock', 3)
    expect(stack.exists(`transactions/${transaction.id}/docker`)).toBe(false)
  })
})
