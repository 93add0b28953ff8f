import { describe, expect, test } from 'vitest'
import { SHELLS, TestStack } from '../../support/agent.ts'

describe.concurrent.each(SHELLS)('one writer, in %s', (shell) => {
  test('a second transaction waits, and is stale when the first has changed the stack', async () => {
    await using stack = new TestStack(shell)
    const first = await stack.reach('trial')
    const second = await stack.open()
    await second.recorded(`blocked ${first.id}`)
    await first.say('confirm', 'unchecked')

    const opened = await second.opened
    expect(opened.progress).toEqual({ kind: 'ended', result: 'undone', cause: 'stale-plan' })
    const told = opened.lines.find((line) => line.startsWith('> '))?.slice(2) ?? ''
    expect(JSON.parse(told)).toMatchObject({
      tx: first.id,
      since: expect.any(Number) as number,
      // As it is when it is told, and by then it may be confirmed.
      state: expect.stringMatching(/^(trial|committed)$/) as string,
      action: 'deploy',
      release: `r-${first.id}`,
      version: '1.0.0',
      commit: 'abc',
      from: '',
      actor: 'ana',
      run: 'u',
    })
    expect(stack.trace()).toEqual(['p1', 'p2', 's1', 's2', 'c1', 'f1', 'f2'])
    expect(stack.ledger()).toHaveLength(1)
  })

  test('a second transaction that was planned on the result goes on', async () => {
    await using stack = new TestStack(shell)
    const first = await stack.reach('trial')
    const second = await stack.open({ head: 1 })
    await second.recorded('blocked')
    await first.say('confirm', 'unchecked')
    expect((await second.opened).progress).toMatchObject({ kind: 'waiting', state: 'prepared' })
  })

  test('waiting ends at the lock timeout, with nothing run', async () => {
    await using stack = new TestStack(shell)
    await stack.reach('prepared')
    const second = await stack.open({ lockTimeout: 1 })
    expect((await second.opened).progress).toEqual({
      kind: 'ended',
      result: 'undone',
      cause: 'lock-timeout',
      holder: expect.stringMatching(/^a deploy of 1\.0\.0 by ana \(u\), prepared, since /) as string,
    })
    expect(stack.trace()).toEqual(['p1', 'p2'])
    expect(stack.exists(`transactions/${second.id}/docker`)).toBe(false)
  })

  test('who waits can be aborted', async () => {
    await using stack = new TestStack(shell)
    const first = await stack.reach('prepared')
    const second = await stack.open()
    await second.recorded('blocked')
    expect((await second.say('advance', 'switch')).progress).toMatchObject({ kind: 'refused' })
    expect((await second.say('abort')).progress).toEqual({ kind: 'ended', result: 'undone', cause: 'aborted' })
    expect(stack.lines('open')).toEqual([first.id])
    expect(stack.trace()).toEqual(['p1', 'p2'])
  })

  test('a plan made on another ledger is refused, and nothing is run', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.open({ head: 3 })
    expect((await transaction.opened).progress).toEqual({ kind: 'ended', result: 'undone', cause: 'stale-plan' })
    expect(stack.trace()).toEqual([])
    expect(stack.ledger()).toEqual([])
    expect(stack.exists('open')).toBe(false)
  })
})
