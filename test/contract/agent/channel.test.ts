import { describe, expect, test } from 'vitest'
import { held, PHASES, SHELLS, step, TestStack } from '../../support/agent.ts'

describe.concurrent.each(SHELLS)('what comes over the wire, in %s', (shell) => {
  test.each([
    ['cut short', (content: Uint8Array) => content.slice(0, -20)],
    ['changed', (content: Uint8Array) => content.map((byte, index) => (index === 50 ? byte ^ 1 : byte))],
    ['empty', () => new Uint8Array()],
  ])('a package that is %s is refused and leaves nothing', async (_, damage) => {
    await using stack = new TestStack(shell)
    const transaction = await stack.openDamaged({}, damage)
    expect(await transaction.opened).toMatchObject({ code: 7, errors: 'the package was damaged on its way\n' })
    expect(stack.list('.')).toEqual(['transactions'])
    expect(stack.list('transactions')).toEqual([])
  })

  test('a damaged phase is refused; the transaction goes on waiting', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('prepared')
    const damaged = await transaction.addPhase('migrate', [step('m1')], (content) => content.slice(0, -1))
    expect(damaged.code).toBe(7)
    expect(stack.list(`transactions/${transaction.id}`).filter((name) => name.startsWith('.'))).toEqual([])
    expect((await transaction.addPhase('migrate', [step('m1')])).progress).toMatchObject({ state: 'migrated' })
  })

  test('somebody else can not add a phase', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('prepared')
    const answer = await transaction.addPhase('migrate', [step('m1')], (content) => content, 'none')
    expect(answer).toMatchObject({ code: 3, progress: { kind: 'refused', why: 'not-owner' } })
    expect(stack.list(`transactions/${transaction.id}/plan`)).not.toContain('migrate')
  })
})

describe.concurrent.each(SHELLS)('without the runner, in %s', (shell) => {
  test('the agent holds nothing of the channel: the caller sees the end of its output', async () => {
    await using stack = new TestStack(shell)
    // `run` resolves only when nobody holds the pipes any more.
    const transaction = await stack.reach('prepared')
    expect((await transaction.opened).code).toBe(0)
    expect(transaction.isAlive()).toBe(true)
  })

  test('the agent goes on when the following is killed, and can be followed again', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.open({ phases: { ...PHASES, prepare: [held('p1'), step('p2')] } })
    await transaction.recorded('began prepare 01')
    stack.cutChannels()
    expect((await transaction.opened).code).not.toBe(0)
    await stack.let('p1')
    expect((await transaction.follow(3)).lines[0]).toMatch(/^3 \d+ \d+ began prepare 01$/)
    expect(transaction.records().at(-1)).toBe('waiting prepared 60 0')
    expect((await transaction.say('advance', 'switch')).progress).toMatchObject({ state: 'trial' })
  })

  test('a word whose speaker is killed is heard all the same', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('prepared', { phases: { ...PHASES, switch: [held('s1')] } })
    const advancing = transaction.say('advance', 'switch')
    await transaction.recorded('began switch 01')
    stack.cutChannels()
    await advancing
    await stack.let('s1')
    await transaction.recorded('waiting trial')
  })
})
