import { spawn } from 'node:child_process'
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { held, leave, PHASES, SHELLS, step, TestStack } from '../../support/agent.ts'
import { until } from '../../support/until.ts'

const undoneAll = ['p1', 'p2', 's1', 's2', 'undo s2', 'undo s1', 'undo p2', 'undo p1']

/** What a step starts to leave something behind: each writes its process id to `left` in the stack's folder. */
const leavings = {
  'a child of the step': 'sh -c \'echo $$ >"$1/left"; exec sleep 60\' sh "$stack"',
  'a child that ignores that it is told to end':
    'sh -c \'echo $$ >"$1/left"; trap "" TERM; sleep 60 & wait; sleep 60\' sh "$stack"',
  'a child in a process group of its own': 'timeout 60 sh -c \'echo $$ >"$1/left"; exec sleep 60\' sh "$stack"',
}

describe.concurrent.each(SHELLS)('the effect of an agent that is gone, in %s', (shell) => {
  test.each(Object.entries(leavings))('%s is ended before anything is taken back', async (_, run) => {
    await using stack = new TestStack(shell)
    const transaction = await stack.open({ phases: { prepare: [step('p1', { run: `${run}; ${leave('landed')}` })] } })
    await until(() => stack.exists('left'), 'the effect')
    await transaction.killGroup()
    expect(await stack.isLocked()).toBe(true)

    expect((await stack.recover()).code).toBe(0)
    expect(runs(stack.lines('left')[0])).toBe(false)
    expect(stack.trace()).toEqual(['p1', 'undo p1'])
    expect(stack.ledger()).toMatchObject([{ result: 'undone', cause: 'agent-gone' }])
  })

  test('whose first process was killed is found by its environment', async () => {
    await using stack = new TestStack(shell)
    const run = `${leavings['a child of the step']}; ${leave('landed')}`
    const transaction = await stack.open({ phases: { prepare: [step('p1', { run })] } })
    await until(() => stack.exists('left'), 'the effect')
    await transaction.killGroup()
    process.kill(Number(stack.lines(`transactions/${transaction.id}/effect`)[0]?.split(' ')[0]), 'SIGKILL')
    await stack.recover()
    expect(runs(stack.lines('left')[0])).toBe(false)
    expect(stack.ledger()).toMatchObject([{ result: 'undone' }])
  })

  test('who waits for the lock ends it, and does not wait for it', async () => {
    await using stack = new TestStack(shell)
    const first = await stack.open({ phases: { prepare: [step('p1'), held('p2')] } })
    await until(() => stack.trace().includes('p2'), 'the effect')
    await first.killAgent()
    const second = await stack.open({ head: 1 })
    expect((await second.opened).progress).toMatchObject({ kind: 'waiting', state: 'prepared' })
    expect(stack.trace()).toEqual(['p1', 'p2', 'undo p2', 'undo p1', 'p1', 'p2'])
  })

  test.each([
    ['another start time', (pid: number, boot: string) => `${pid} 1 ${boot}`],
    ['another boot', (pid: number) => `${pid} ${startTime(pid)} 00000000-0000-0000-0000-000000000000`],
  ])('a process with its id and %s is left alone', async (_, effect) => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('prepared')
    await transaction.killAgent()
    const stranger = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    writeFileSync(join(stack.path, 'transactions', transaction.id, 'effect'), `${effect(stranger.pid ?? 0, boot)}\n`)
    await stack.recover()
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull()
    stranger.kill('SIGKILL')
    expect(stack.ledger()).toMatchObject([{ result: 'undone' }])
  })
})

describe.concurrent.each(SHELLS)('what is left of effects, in %s', (shell) => {
  test.each(Object.entries(leavings))('%s does not outlive the deadline', async (_, run) => {
    await using stack = new TestStack(shell)
    const transaction = await stack.open({ phases: { prepare: [step('p1', { run, deadline: 2 })] } })
    expect((await transaction.opened).progress).toMatchObject({ result: 'undone', cause: 'prepare-01' })
    expect(runs(stack.lines('left')[0])).toBe(false)
  })

  test('nor does a watch leave anything behind', async () => {
    await using stack = new TestStack(shell)
    const watch = `(${leavings['a child of the step']}) >/dev/null 2>&1 & until [ -e "$stack/left" ]; do sleep 0.1; done; exit 1`
    const transaction = await stack.reach('prepared', { watch })
    await transaction.say('advance', 'switch')
    await transaction.recorded('ended undone unwell-in-trial')
    expect(runs(stack.lines('left')[0])).toBe(false)
  })
})

describe.concurrent.each(SHELLS)('recovery, in %s', (shell) => {
  test('is tried three times; then it ends stuck, and what runs goes on running', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('trial')
    await transaction.killAgent()
    const journal = join(stack.path, 'transactions', transaction.id, 'journal')
    for (const number of [1, 2, 3])
      appendFileSync(journal, `${transaction.records().length + 1} 1795300000 ${3600 + number} recovering\n`)
    await stack.recover()

    expect(transaction.records().slice(-2)).toEqual(['recovering', 'ended stuck recovered-too-often'])
    expect(stack.trace()).toEqual(['p1', 'p2', 's1', 's2'])
    expect(stack.ledger()).toMatchObject([{ result: 'stuck', cause: 'recovered-too-often' }])
    expect(stack.exists('open')).toBe(false)
    expect((await (await stack.open()).opened).progress).toMatchObject({ kind: 'waiting', state: 'prepared' })
  })

  test('is still done the third time', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('trial')
    await transaction.killAgent()
    const journal = join(stack.path, 'transactions', transaction.id, 'journal')
    for (const number of [1, 2])
      appendFileSync(journal, `${transaction.records().length + 1} 1795300000 ${3600 + number} recovering\n`)
    await stack.recover()
    expect(stack.trace()).toEqual(undoneAll)
    expect(stack.ledger()).toMatchObject([{ result: 'undone', cause: 'agent-gone' }])
  })

  test('ends a transaction whose agent died before it was open, and nothing else', async () => {
    await using stack = new TestStack(shell)
    const first = await stack.reach('trial')
    const second = await stack.open()
    await second.recorded('blocked')
    await second.killGroup()
    expect((await second.say('abort')).progress).toEqual({ kind: 'gone' })

    await stack.recover(second.id)
    expect((await second.say('abort')).progress).toEqual({ kind: 'ended', result: 'undone', cause: 'agent-gone' })
    await stack.recover(second.id)
    expect(second.records().filter((record) => record.startsWith('ended'))).toHaveLength(1)
    expect(first.isAlive()).toBe(true)
    expect(stack.lines('open')).toEqual([first.id])
    expect(stack.ledger()).toEqual([])
    await first.say('confirm', 'unchecked')
    expect(stack.ledger()).toMatchObject([{ tx: first.id, result: 'committed' }])
  })

  test('that names a transaction leaves one with a living agent alone', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('trial')
    await stack.recover(transaction.id)
    expect((await transaction.say('confirm', 'unchecked')).progress).toMatchObject({ result: 'committed' })
  })

  test('passes over an `open` that names nothing', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('prepared')
    await transaction.killAgent()
    rmSync(join(stack.path, 'transactions', transaction.id), { recursive: true })
    expect((await (await stack.open({ phases: PHASES })).opened).progress).toMatchObject({ kind: 'waiting' })
  })
})

/** A process that nobody has asked for its end yet has ended all the same. */
function runs(pid: string | undefined): boolean {
  try {
    return !readFileSync(`/proc/${pid ?? 'none'}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

function startTime(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}
