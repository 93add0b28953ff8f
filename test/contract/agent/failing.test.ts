import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { held, hold, leave, PHASES, SHELLS, step, TestStack } from '../../support/agent.ts'
import { until } from '../../support/until.ts'

const fails = (name: string) => step(name, { run: 'echo "this is why"; exit 7' })

describe.concurrent.each(SHELLS)('what fails is undone, in %s', (shell) => {
  test.each([
    ['prepare', { prepare: [step('p1'), fails('p2'), step('p3')] }, ['p1', 'p2', 'undo p2', 'undo p1']],
    ['switch', { switch: [fails('s1'), step('s2')] }, ['p1', 'p2', 's1', 'undo s1', 'undo p2', 'undo p1']],
    [
      'commit',
      { commit: [fails('c1'), step('c2')] },
      ['p1', 'p2', 's1', 's2', 'c1', 'undo c1', 'undo s2', 'undo s1', 'undo p2', 'undo p1'],
    ],
  ])('a step of %s: what began is taken back, latest first, and the step is quoted', async (phase, phases, trace) => {
    await using stack = new TestStack(shell)
    const transaction = await stack.open({ phases: { ...PHASES, ...phases } })
    let last = await transaction.opened
    if (phase !== 'prepare') last = await transaction.say('advance', 'switch')
    if (phase === 'commit') last = await transaction.say('confirm', 'unchecked')

    const place = phase === 'prepare' ? '02' : '01'
    expect(last.progress).toMatchObject({
      kind: 'ended',
      result: 'undone',
      cause: `${phase}-${place}`,
      failure: { exitCode: 7, lastLines: ['this is why'] },
    })
    expect(stack.trace()).toEqual(trace)
    expect(stack.ledger()).toMatchObject([{ result: 'undone', cause: `${phase}-${place}` }])
    expect(stack.exists('open')).toBe(false)
  })

  test('a step of finish can not be undone: it is tried three times, and named', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('trial', { phases: { ...PHASES, finish: [fails('f1'), step('f2')] } })
    expect((await transaction.say('confirm', 'unchecked')).progress).toMatchObject({
      result: 'committed',
      cause: 'unfinished:01',
    })
    expect(stack.trace().slice(-5)).toEqual(['c1', 'f1', 'f1', 'f1', 'f2'])
  })

  test('a way back that fails twice is tried a third time', async () => {
    await using stack = new TestStack(shell)
    const undo = `${leave('try')}; [ "$(grep -c try "$stack/trace")" = 3 ]`
    const transaction = await stack.open({ phases: { prepare: [step('p1'), step('p2', { undo }), fails('p3')] } })
    expect((await transaction.opened).progress).toMatchObject({ result: 'undone', cause: 'prepare-03' })
    expect(stack.trace()).toEqual(['p1', 'p2', 'p3', 'undo p3', 'try', 'try', 'try', 'undo p1'])
  })

  test('a way back that always fails ends it stuck, and nothing before it is touched', async () => {
    await using stack = new TestStack(shell)
    const undo = `${leave('try')}; echo "no way back"; exit 5`
    const transaction = await stack.open({ phases: { prepare: [step('p1'), step('p2', { undo }), fails('p3')] } })
    const opened = await transaction.opened
    expect(opened.progress).toMatchObject({ result: 'stuck', cause: 'prepare-03' })
    expect(opened.lines.slice(-3)).toEqual([
      expect.stringContaining(' undid prepare 02 5'),
      '> no way back',
      expect.stringContaining(' ended stuck prepare-03'),
    ])
    expect(stack.trace()).toEqual(['p1', 'p2', 'p3', 'undo p3', 'try', 'try', 'try'])
    expect(stack.ledger()).toMatchObject([{ result: 'stuck' }])
    expect(stack.exists('open')).toBe(false)
  })

  test('a gate that forbids ends it stuck before any way back was taken', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('prepared')
    await transaction.addPhase('migrate', [step('m1', { gate: `${leave('gate')}; echo "the schema changed"; exit 1` })])
    await transaction.say('advance', 'switch')
    const aborted = await transaction.say('abort')

    expect(aborted.progress).toMatchObject({ kind: 'ended', result: 'stuck', cause: 'aborted' })
    expect(aborted.lines.slice(-3)).toEqual([
      expect.stringContaining(' forbidden migrate 01'),
      '> the schema changed',
      expect.stringContaining(' ended stuck aborted'),
    ])
    expect(stack.trace()).toEqual(['p1', 'p2', 'm1', 's1', 's2', 'gate'])
  })

  test('what comes in place of the way back: each step as often as it takes, and only behind what has begun', async () => {
    await using stack = new TestStack(shell)
    const settle = [
      step('t1', { since: 'switch 01' }),
      fails('t2'),
      step('t3', { since: 'switch 02' }),
      step('t4', { unless: 'switch 02' }),
    ]
    const phases = { ...PHASES, switch: [fails('s1'), step('s2')], settle }
    const transaction = await stack.reach('prepared', { phases })
    await transaction.addPhase('migrate', [step('m1', { gate: `${leave('gate')}; exit 1` })])
    const switched = await transaction.say('advance', 'switch')

    expect(stack.trace()).toEqual(['p1', 'p2', 'm1', 's1', 'gate', 't1', 't2', 't2', 't2', 't4'])
    expect(transaction.records().slice(-8)).toEqual([
      'forbidden migrate 01',
      'began settle 01',
      'did settle 01 0',
      'began settle 02',
      'did settle 02 7',
      'began settle 04',
      'did settle 04 0',
      'ended stuck switch-01',
    ])
    expect(switched.progress).toMatchObject({ result: 'stuck', cause: 'switch-01', failure: { title: 'do s1' } })
    expect(switched.lines).toContainEqual(expect.stringMatching(/^# +do t1$/))
    expect(stack.ledger()).toMatchObject([{ result: 'stuck', cause: 'switch-01' }])
    expect(stack.exists('open')).toBe(false)
  })

  test('what comes in place of the way back is not cut short by an abort', async () => {
    await using stack = new TestStack(shell)
    const phases = { ...PHASES, settle: [held('t1'), step('t2')] }
    const transaction = await stack.reach('prepared', { phases })
    await transaction.addPhase('migrate', [step('m1', { gate: 'exit 1' })])
    const aborting = transaction.say('abort')
    await until(() => stack.trace().includes('t1'), 'the effect')
    const again = transaction.say('abort', 'once-more')
    await transaction.said(3)
    await sleep(1500)
    await stack.let('t1')
    for (const answer of [aborting, again])
      expect((await answer).progress).toMatchObject({ result: 'stuck', cause: 'aborted' })
    expect(stack.trace().slice(3)).toEqual(['t1', 't1 ended', 't2'])
  })

  test('a gate that allows lets everything be taken back; one of a step that never began is not asked', async () => {
    await using stack = new TestStack(shell)
    const gate = (name: string, code: number) => `${leave(`gate ${name}`)}; exit ${code}`
    const phases = {
      ...PHASES,
      switch: [step('s1', { gate: gate('s1', 0) }), fails('s2'), step('s3', { gate: gate('s3', 1) })],
    }
    const transaction = await stack.reach('prepared', { phases })
    expect((await transaction.say('advance', 'switch')).progress).toMatchObject({ result: 'undone' })
    expect(stack.trace().slice(4)).toEqual(['gate s1', 'undo s2', 'undo s1', 'undo p2', 'undo p1'])
  })
})

describe.concurrent.each(SHELLS)('what lasts too long is ended, in %s', (shell) => {
  test.each([
    ['a step past its deadline', 'sleep 30'],
    ['a step that ignores that it is told to end', 'trap "" TERM; sleep 30; sleep 30'],
  ])('%s', async (_, run) => {
    await using stack = new TestStack(shell)
    const start = performance.now()
    const transaction = await stack.open({
      phases: { prepare: [step('p1', { run: `${run}; ${leave('landed')}`, deadline: 1 })] },
    })
    expect((await transaction.opened).progress).toMatchObject({ result: 'undone', cause: 'prepare-01' })
    expect(performance.now() - start).toBeLessThan(30_000)
    expect(stack.trace()).toEqual(['p1', 'undo p1'])
  })

  test('nothing that a step started outlives it', async () => {
    await using stack = new TestStack(shell)
    const run = `(sleep 2; ${leave('landed')}) >/dev/null 2>&1 & true`
    const transaction = await stack.open({ phases: { prepare: [step('p1', { run }), step('p2', { run: 'sleep 3' })] } })
    expect((await transaction.opened).progress).toMatchObject({ kind: 'waiting' })
    expect(stack.trace()).toEqual(['p1', 'p2'])
  })

  test('an abort ends the step that runs, with its children', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.open({ phases: { prepare: [step('p1'), held('p2'), step('p3')] } })
    await until(() => stack.trace().includes('p2'), 'the step to run')
    const start = performance.now()
    expect((await transaction.sayAsOther('abort', 'not-wanted')).progress).toEqual({
      kind: 'ended',
      result: 'undone',
      cause: 'not-wanted',
    })
    expect(performance.now() - start).toBeLessThan(10_000)
    expect(stack.trace()).toEqual(['p1', 'p2', 'undo p2', 'undo p1'])
  })

  test('an abort is heard behind words that the running step keeps from being heard', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.open({ phases: { prepare: [held('p1')] } })
    await transaction.recorded('began prepare 01')
    const renewing = transaction.say('renew', '60')
    await transaction.said(1)
    expect((await transaction.sayAsOther('abort')).progress).toMatchObject({ result: 'undone', cause: 'aborted' })
    expect((await renewing).progress).toMatchObject({ kind: 'ended', result: 'undone' })
  })

  test('an abort does not disturb a way back that is under way', async () => {
    await using stack = new TestStack(shell)
    const undo = `${hold('undo')}; ${leave('undo p1')}`
    const transaction = await stack.open({ phases: { prepare: [step('p1', { undo }), fails('p2')] } })
    await transaction.recorded('undid prepare 02 0')
    const aborting = transaction.sayAsOther('abort')
    await transaction.said(1)
    await sleep(1500)
    await stack.let('undo')
    expect((await aborting).progress).toMatchObject({ result: 'undone', cause: 'prepare-02' })
    expect(stack.trace()).toEqual(['p1', 'p2', 'undo p2', 'undo p1'])
  })
})

describe.concurrent.each(SHELLS)('an abort, in %s', (shell) => {
  test.each([
    ['prepared', ['p1', 'p2', 'undo p2', 'undo p1']],
    ['migrated', ['p1', 'p2', 'm1', 'undo m1', 'undo p2', 'undo p1']],
    ['trial', ['p1', 'p2', 's1', 's2', 'undo s2', 'undo s1', 'undo p2', 'undo p1']],
  ] as const)('takes back what was done until %s', async (state, trace) => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach(state)
    expect((await transaction.say('abort')).progress).toEqual({ kind: 'ended', result: 'undone', cause: 'aborted' })
    expect(stack.trace()).toEqual(trace)
    expect(stack.exists('open')).toBe(false)
  })
})
