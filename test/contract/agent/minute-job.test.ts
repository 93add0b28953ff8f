import { readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { agentName } from '../../../src/agent/plan-files.ts'
import { held, PHASES, SHELLS, step, TestStack } from '../../support/agent.ts'
import { until } from '../../support/until.ts'

const undoneAll = ['p1', 'p2', 's1', 's2', 'undo s2', 'undo s1', 'undo p2', 'undo p1']

function line(stack: TestStack): string {
  return `* * * * * sh ${stack.path}/agent recover ${stack.path} >/dev/null 2>&1 # estiba ${stack.path}\n`
}

/** Runs the line as cron does: a small environment, and none of the caller's. */
function asCron(stack: TestStack) {
  const command =
    readFileSync(stack.crontab, 'utf8')
      .split('\n')
      .find((text) => text.includes(stack.path)) ?? ''
  const program = command.replace(/^(\* ){5}/, '').replace(/ >.*/, '')
  return stack.run({
    argv: ['env', '-i', 'HOME=/', 'LOGNAME=ana', 'SHELL=/bin/sh', 'PATH=/usr/bin:/bin', '/bin/sh', '-c', program],
  })
}

describe.concurrent.each(SHELLS)('the minute job, in %s', (shell) => {
  test('is in the crontab once a transaction is open, and all other lines stay as they are', async () => {
    await using stack = new TestStack(shell)
    const others = `MAILTO=""\r\n# a comment, with  spaces and "quotes" \\ $HOME 100%\n\t\n17 * * * * run # estiba ${stack.path}/other\nlast line`
    writeFileSync(stack.crontab, others)
    await stack.reach('prepared')
    expect(readFileSync(stack.crontab, 'utf8')).toBe(`${others}\n${line(stack)}`)
  })

  test('is put there once, in place of an older form of it', async () => {
    await using stack = new TestStack(shell)
    writeFileSync(stack.crontab, `*/5 * * * * sh ${stack.path}/agent-old recover # estiba ${stack.path}\n`)
    await (await stack.reach('prepared')).say('abort')
    await (await stack.reach('prepared')).say('abort')
    expect(readFileSync(stack.crontab, 'utf8')).toBe(line(stack))
  })

  test('is taken out again by leaving, and nothing else is', async () => {
    await using stack = new TestStack(shell)
    writeFileSync(stack.crontab, '1 2 3 4 5 mine\n')
    await (await stack.reach('prepared')).say('abort')
    await stack.run(stack.agent('leave', stack.path))
    expect(readFileSync(stack.crontab, 'utf8')).toBe('1 2 3 4 5 mine\n')
  })

  test('goes with a stack that was removed, but not before its transaction is over', async () => {
    await using stack = new TestStack(shell)
    writeFileSync(stack.crontab, '1 2 3 4 5 mine\n')
    const phases = { ...PHASES, finish: [step('mark', { run: ': >"$stack/removed"' }), held('more')] }
    const transaction = await stack.reach('trial', { phases })
    const confirming = transaction.say('confirm', 'unchecked')
    await until(() => stack.trace().includes('more'), 'the effect')
    await transaction.killAgent()
    await stack.let('more')
    expect((await confirming).progress).toEqual({ kind: 'gone' })
    expect(readFileSync(stack.crontab, 'utf8')).toBe(`1 2 3 4 5 mine\n${line(stack)}`)

    expect(await asCron(stack)).toMatchObject({ code: 0, errors: '' })
    expect(stack.ledger()).toMatchObject([{ result: 'committed', cause: '' }])
    expect(readFileSync(stack.crontab, 'utf8')).toBe('1 2 3 4 5 mine\n')
  })

  test('goes at its next run, where the agent died between the end of such a transaction and that', async () => {
    await using stack = new TestStack(shell)
    await (await stack.reach('prepared')).say('abort')
    writeFileSync(join(stack.path, 'removed'), '')
    expect(await asCron(stack)).toMatchObject({ code: 0, errors: '' })
    expect(readFileSync(stack.crontab, 'utf8')).toBe('')
  })

  test('comes back with the next transaction', async () => {
    await using stack = new TestStack(shell)
    writeFileSync(join(stack.path, 'removed'), '')
    await (await stack.reach('prepared')).say('abort')
    expect(readFileSync(stack.crontab, 'utf8')).toBe(line(stack))
    expect(stack.exists('removed')).toBe(false)
  })

  test('is left out where the crontab can not be read: nothing is written over what nobody saw', async () => {
    await using stack = new TestStack(shell)
    writeFileSync(stack.crontab, '1 2 3 4 5 mine\n')
    writeFileSync(`${stack.crontab}.refused`, '')
    await stack.reach('prepared')
    expect(readFileSync(stack.crontab, 'utf8')).toBe('1 2 3 4 5 mine\n')
  })

  test('undoes what an agent left that is gone, though cron knows nothing of its environment', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('trial')
    await transaction.killAgent()
    expect(await asCron(stack)).toMatchObject({ code: 0, errors: '' })
    expect(stack.trace()).toEqual(undoneAll)
    expect(stack.ledger()).toMatchObject([{ result: 'undone', cause: 'agent-gone' }])
    expect(stack.lines('environment').find((text) => text.startsWith('PATH='))).toContain('estiba-shell-')
  })

  test('waits for nobody who lives', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.open({ phases: { prepare: [held('p1')] } })
    await transaction.recorded('began prepare 01')
    await until(() => stack.trace().includes('p1'), 'the effect')
    expect((await asCron(stack)).lines).toEqual(['held by a living agent'])
    expect(stack.trace()).toEqual(['p1'])
  })

  test('runs the agent that was brought last', async () => {
    await using stack = new TestStack(shell)
    await stack.reach('prepared')
    expect(readFileSync(join(stack.path, 'agent'), 'utf8')).toBe(readFileSync(join(stack.path, agentName), 'utf8'))
  })
})

describe.concurrent.each(SHELLS)('after a start of the engine, in %s', (shell) => {
  /** Stands in for the engine: `now` is its start, `fails` an engine that does not answer. */
  async function withEngine(stack: TestStack): Promise<void> {
    await (await stack.reach('prepared')).say('abort')
    writeFileSync(join(stack.path, 'engine'), 'first\n')
    writeFileSync(join(stack.path, 'now'), 'first\n')
    writeFileSync(
      join(stack.path, 'revive'),
      `cd ${stack.path}; if [ "\${1:-}" = which ]; then cat now; else [ ! -e let-fail ] && echo start >>started; fi\n`,
    )
  }

  test('what must run is started, once', async () => {
    await using stack = new TestStack(shell)
    await withEngine(stack)
    await stack.recover()
    expect(stack.lines('started')).toEqual([])
    writeFileSync(join(stack.path, 'now'), 'second\n')
    await stack.recover()
    await stack.recover()
    expect(stack.lines('started')).toEqual(['start'])
    expect(stack.lines('engine')).toEqual(['second'])
  })

  test('it is tried again until it succeeds', async () => {
    await using stack = new TestStack(shell)
    await withEngine(stack)
    writeFileSync(join(stack.path, 'now'), 'second\n')
    await stack.let('fail')
    await stack.recover()
    expect(stack.lines('engine')).toEqual(['first'])
    rmdirSync(join(stack.path, 'let-fail'))
    await stack.recover()
    expect(stack.lines('started')).toEqual(['start'])
  })

  test('nothing is started while a transaction is open', async () => {
    await using stack = new TestStack(shell)
    await withEngine(stack)
    const transaction = await stack.reach('trial')
    writeFileSync(join(stack.path, 'now'), 'second\n')
    await stack.recover()
    expect(stack.lines('started')).toEqual([])
    await transaction.say('abort')
    await until(async () => !(await stack.isLocked()), 'a free lock')
  })
})
