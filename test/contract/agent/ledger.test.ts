import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { brokenLines } from '../../../src/ledger/chain.ts'
import { SHELLS, TestStack } from '../../support/agent.ts'

describe.concurrent.each(SHELLS)('the ledger, in %s', (shell) => {
  test('is a chain as the runner reckons it, in which each change shows', async () => {
    await using stack = new TestStack(shell)
    for (const cause of ['first', 'second', 'third']) await (await stack.reach('prepared')).say('abort', cause)
    const lines = stack.lines('ledger.jsonl')
    expect(lines).toHaveLength(3)
    expect(lines.every((line) => /,"sum":"[0-9a-f]{64}"\}$/.test(line))).toBe(true)
    expect(brokenLines(lines)).toEqual([])

    expect(brokenLines(lines.with(1, lines[1]?.replace('second', 'nobody') ?? ''))).toEqual([2])
    expect(brokenLines(lines.toSpliced(1, 1))).toEqual([2])
    expect(brokenLines(lines.toSpliced(0, 1))).toEqual([1])
  })

  test('goes on behind a line without a checksum', async () => {
    await using stack = new TestStack(shell)
    writeFileSync(join(stack.path, 'ledger.jsonl'), '{"v":1,"tx":"t-old","cause":"written before there were sums"}\n')
    await (await stack.reach('prepared')).say('abort')
    expect(brokenLines(stack.lines('ledger.jsonl'))).toEqual([])
  })

  test('is as long as it was after the agent that wrote its last line was cut off anywhere', async () => {
    await using stack = new TestStack(shell)
    const transaction = await stack.reach('prepared')
    await transaction.say('abort')
    const ledger = join(stack.path, 'ledger.jsonl')
    const whole = readFileSync(ledger, 'utf8')
    for (const missing of [1, 2, 66, 67, whole.length - 1, whole.length]) {
      truncateSync(ledger, whole.length - missing)
      writeFileSync(join(stack.path, 'open'), `${transaction.id}\n`)
      await stack.recover()
      expect(readFileSync(ledger, 'utf8'), `${missing} bytes short`).toBe(whole)
    }
    appendFileSync(ledger, '{"v":1,"tx":"torn')
    await (await stack.reach('prepared', { head: 1 })).say('abort')
    expect(readFileSync(ledger, 'utf8').startsWith(whole)).toBe(true)
    expect(brokenLines(stack.lines('ledger.jsonl'))).toEqual([])
  })

  test('names what was deployed by digest, and who approved it', async () => {
    await using stack = new TestStack(shell)
    await (await stack.reach('prepared')).say('abort')
    expect(stack.ledger()).toMatchObject([{ digests: {}, approvers: [] }])
  })
})
