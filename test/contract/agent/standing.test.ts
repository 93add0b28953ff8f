import { describe, expect, test } from 'vitest'
import { statusProgram } from '../../../src/agent/programs.ts'
import { script } from '../../../src/command/command.ts'
import { held, PHASES, SHELLS, step, TestStack } from '../../support/agent.ts'

describe.concurrent.each(SHELLS)('where a transaction stands, in %s', (shell) => {
  const ask = async (stack: TestStack, id: string): Promise<string> =>
    (await stack.run(script(statusProgram, stack.path, id))).lines.join()

  test('waiting with what is left of the lease, busy, ended', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('prepared', { lease: 40, phases: { ...PHASES, switch: [held('s1')] } })
    expect(await ask(stack, transaction.id)).toMatch(/^waiting prepared 40 (40|3\d)$/)
    await transaction.say('renew', '90')
    expect(await ask(stack, transaction.id)).toMatch(/^waiting prepared 90 (90|8\d)$/)
    const switching = transaction.say('advance', 'switch')
    await transaction.recorded('began switch 01')
    expect(await ask(stack, transaction.id)).toBe('busy prepared 90')
    await transaction.sayAsOther('abort')
    await switching
    expect(await ask(stack, transaction.id)).toBe('ended undone aborted')
  })

  test('one that is not there is said not to be there', async () => {
    await using stack = new TestStack(shell)
    const answer = await stack.run(script(statusProgram, stack.path, 't-20261122T000000Z-000000'))
    expect(answer).toMatchObject({ code: 6, lines: [] })
  })

  test.each([
    ['its own step noted', 'echo compatible >"$ESTIBA_TX/migration"', 'compatible'],
    ['nothing was noted', 'true', 'unknown'],
  ])('the ledger has what became of the schema: %s', async (_, run, migration) => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('prepared')
    await transaction.addPhase('migrate', [step('m1', { run })])
    await transaction.say('advance', 'switch')
    await transaction.say('confirm', 'unchecked')
    expect(stack.ledger()).toMatchObject([{ result: 'committed', migration }])
  })

  test('without a migration it says nothing of one', async () => {
    await using stack = new TestStack(shell)
    await (await stack.reach('trial')).say('confirm', 'unchecked')
    expect(stack.ledger()[0]).not.toHaveProperty('migration')
  })
})
