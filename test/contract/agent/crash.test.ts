import { setTimeout as sleep } from 'node:timers/promises'
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { held, hold, leave, PHASES, SHELLS, step, TestStack, type Wishes } from '../../support/agent.ts'
import { until } from '../../support/until.ts'
import { killAgents, seeded } from '../../support/kills.ts'

const ways = {
  prepared: ['p1', 'p2', 'undo p2', 'undo p1'],
  migrated: ['p1', 'p2', 'm1', 'undo m1', 'undo p2', 'undo p1'],
  trial: ['p1', 'p2', 's1', 's2', 'undo s2', 'undo s1', 'undo p2', 'undo p1'],
} as const

// First, since it takes longest and the others can wait beside it.
describe.concurrent('many kills', () => {
  test('leave no lock and no open transaction', { timeout: 120_000 }, async () => {
    const lanes = [...SHELLS, ...SHELLS].map((shell, lane) => killAgents(shell, 8, seeded(lane)))
    for (const { stuck } of await Promise.all(lanes)) expect(stuck).toEqual([])
  })
})

describe.concurrent.each(SHELLS)('an agent that is killed, in %s', (shell) => {
  test.each(['prepared', 'migrated', 'trial'] as const)('%s: recovery undoes it', async (state) => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach(state)
    await transaction.killAgent()

    expect((await transaction.say('renew', '60')).progress).toEqual({ kind: 'gone' })
    expect(stack.trace()).not.toContain('undo p1')
    await stack.recover()
    expect(stack.trace()).toEqual(ways[state])
    expect((await transaction.say('confirm', 'unchecked')).progress).toEqual({
      kind: 'ended',
      result: 'undone',
      cause: 'agent-gone',
    })
    expect(stack.ledger()).toMatchObject([{ tx: transaction.id, result: 'undone', cause: 'agent-gone' }])
    await stack.recover()
    expect(stack.trace()).toEqual(ways[state])
    expect(stack.ledger()).toHaveLength(1)
  })

  test('the next transaction recovers it first, and is stale then', async () => {
    await using stack = new TestStack(shell)
    const first = await stack.reach('trial')
    await first.killAgent()
    const second = await stack.open()

    expect((await second.opened).progress).toEqual({ kind: 'ended', result: 'undone', cause: 'stale-plan' })
    expect(stack.trace()).toEqual(ways.trial)
    expect(stack.ledger()).toMatchObject([{ tx: first.id, result: 'undone', cause: 'agent-gone' }])
  })

  test('between the terminal record and the ledger: whoever is told of the end finds it done', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('trial')
    await transaction.say('confirm', 'unchecked')
    await until(() => !transaction.isAlive(), 'the end of the agent')
    truncateSync(join(stack.path, 'ledger.jsonl'))
    writeFileSync(join(stack.path, 'open'), `${transaction.id}\n`)
    expect((await transaction.follow(transaction.records().length)).progress).toMatchObject({ result: 'committed' })
    expect(stack.exists('open')).toBe(false)
    expect(stack.ledger()).toMatchObject([{ tx: transaction.id, result: 'committed' }])
  })

  test('after the decision it is brought to its end, without repeating what was done', async () => {
    await using stack = new TestStack(shell)
    const phases = { ...PHASES, finish: [step('f1'), held('f2'), step('f3')] }
    const transaction = await stack.reach('trial', { phases })
    const confirming = transaction.say('confirm', 'unchecked')
    await until(() => stack.trace().includes('f2'), 'the effect')
    await transaction.killAgent()
    await stack.let('f2')
    expect((await confirming).progress).toEqual({ kind: 'gone' })

    await stack.recover()
    expect(stack.trace().slice(4)).toEqual(['c1', 'f1', 'f2', 'f2 ended', 'f2', 'f2 ended', 'f3'])
    expect((await transaction.say('confirm', 'checked')).progress).toMatchObject({ result: 'committed' })
    expect(stack.ledger()).toMatchObject([{ result: 'committed' }])
  })

  test('where it may not go back: recovery completes what comes in its place, and asks no gate again', async () => {
    await using stack = new TestStack(shell)
    const settle = [step('t1'), held('t2'), step('t3', { since: 'switch 01' }), step('t4')]
    const transaction = await stack.reach('prepared', { phases: { ...PHASES, settle } })
    await transaction.addPhase('migrate', [step('m1', { gate: `${leave('gate')}; [ -e "$stack/let-t2" ]` })])
    const aborting = transaction.say('abort', 'not-wanted')
    await until(() => stack.trace().includes('t2'), 'the effect')
    await transaction.killAgent()
    await stack.let('t2')
    expect((await aborting).progress).toEqual({ kind: 'gone' })

    await stack.recover()
    expect(stack.trace().slice(3)).toEqual(['gate', 't1', 't2', 't2 ended', 't2', 't2 ended', 't4'])
    expect((await transaction.say('confirm', 'unchecked')).progress).toMatchObject({ result: 'stuck' })
    expect(stack.ledger()).toMatchObject([{ result: 'stuck', cause: 'not-wanted' }])
    await stack.recover()
    expect(stack.ledger()).toHaveLength(1)
  })

  test('while it goes back: recovery goes on with the same cause, and repeats no way back', async () => {
    await using stack = new TestStack(shell)
    const undo = `${hold('undo')}; ${leave('undo p1')}`
    const transaction = await stack.reach('prepared', { phases: { prepare: [step('p1', { undo }), step('p2')] } })
    const aborting = transaction.say('abort', 'not-wanted')
    await transaction.recorded('undid prepare 02 0')
    await sleep(300)
    await transaction.killAgent()
    await stack.let('undo')
    await aborting
    await stack.recover()
    expect(stack.trace().filter((line) => line === 'undo p2')).toHaveLength(1)
    expect(stack.ledger()).toMatchObject([{ result: 'undone', cause: 'not-wanted' }])
  })

  test('an effect that outlives it is ended, then taken back', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.open({ phases: { prepare: [step('p1'), held('p2')] } })
    await until(() => stack.trace().includes('p2'), 'the effect')
    await transaction.killAgent()
    expect(await stack.isLocked()).toBe(true)
    const start = performance.now()
    await stack.recover()
    expect(performance.now() - start).toBeLessThan(30_000)
    await stack.let('p2')
    await sleep(300)
    expect(stack.trace()).toEqual(['p1', 'p2', 'undo p2', 'undo p1'])
    expect(stack.ledger()).toMatchObject([{ result: 'undone', cause: 'agent-gone' }])
  })

  test('a living agent is left alone by recovery', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('trial')
    expect((await stack.recover()).lines).toEqual(['held by a living agent'])
    expect(transaction.isAlive()).toBe(true)
    expect(stack.trace()).toEqual(['p1', 'p2', 's1', 's2'])
  })

  test('a process that has its id by chance is not taken for it', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('prepared')
    await transaction.killAgent()
    writeFileSync(join(stack.path, 'transactions', transaction.id, 'pid'), `${process.pid}\n`)
    expect(await transaction.say('abort')).toMatchObject({ code: 5, progress: { kind: 'gone' } })
  })
})

describe.concurrent.each(SHELLS)('a journal that was cut off by a crash, in %s', (shell) => {
  test.each([1, 9, 34])('%i bytes short: goes on with the record before', async (missing) => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('trial')
    await transaction.killAgent()
    const journal = join(stack.path, 'transactions', transaction.id, 'journal')
    const before = readFileSync(journal, 'utf8')
    truncateSync(journal, before.length - missing)
    await stack.recover()

    const after = readFileSync(journal, 'utf8')
    const whole = before.slice(0, before.length - missing).replace(/[^\n]*$/, '')
    expect(after.startsWith(whole)).toBe(true)
    expect(
      after
        .split('\n')
        .slice(0, -1)
        .map((line) => Number(line.split(' ')[0])),
    ).toEqual(Array.from({ length: after.split('\n').length - 1 }, (_, index) => index + 1))
    expect(after.slice(whole.length)).toMatch(/^\d+ \d+ \d+ recovering\n/)
    expect(stack.trace()).toEqual(ways.trial)
    expect(stack.ledger()).toMatchObject([{ result: 'undone' }])
  })

  test('half a line in the ledger is cut off, and written whole', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('trial')
    await transaction.say('confirm', 'unchecked')
    const ledger = join(stack.path, 'ledger.jsonl')
    const line = readFileSync(ledger, 'utf8')
    truncateSync(ledger, line.length - 40)
    writeFileSync(join(stack.path, 'open'), `${transaction.id}\n`)

    await stack.recover()
    expect(readFileSync(ledger, 'utf8')).toBe(line)
    expect(stack.exists('open')).toBe(false)
    appendFileSync(ledger, '{"v":1,"tx":"torn')
    const next: Wishes = { head: 1 }
    expect((await (await stack.open(next)).opened).progress).toMatchObject({ kind: 'waiting', state: 'prepared' })
    expect(readFileSync(ledger, 'utf8')).toBe(line)
  })
})
