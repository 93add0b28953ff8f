import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { leave, PHASES, SHELLS, step, TestStack } from '../../support/agent.ts'
import { until } from '../../support/until.ts'

/** A file system of 16 MiB in memory. Only root may mount one; where the tests run as somebody else, they fail. */
let disk = ''
beforeAll(() => {
  disk = mkdtempSync(join(tmpdir(), 'estiba-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk])
})
afterAll(() => {
  execFileSync('umount', [disk])
  rmdirSync(disk)
})

const undoneAll = ['p1', 'p2', 's1', 's2', 'undo s2', 'undo s1', 'undo p2', 'undo p1']

/** Leaves so many KiB free on the disk of the stack. */
function fill(stack: TestStack, free = 0): void {
  const { bavail, bsize } = statfsSync(stack.path)
  writeFileSync(join(stack.path, 'filler'), Buffer.alloc(Math.max(0, bavail * bsize - free * 1024)))
}

// One after the other: they share the disk.
describe.each(SHELLS)('on a full disk, in %s', (shell) => {
  test('a transaction that is aborted is undone and recorded', async () => {
    await using stack = new TestStack(shell, disk)
    // A way back that writes: the old release's files, say.
    const undo = `head -c 200000 /dev/zero >"$stack/restored" && ${leave('undo p1')}`
    const transaction = await stack.reach('trial', {
      phases: { ...PHASES, prepare: [step('p1', { undo }), step('p2')] },
    })
    fill(stack)
    expect((await transaction.say('abort')).progress).toMatchObject({ kind: 'ended', result: 'undone' })
    await until(() => !stack.exists('open'), 'the end')
    expect(stack.trace()).toEqual(undoneAll)
    expect(stack.ledger()).toMatchObject([{ tx: transaction.id, result: 'undone' }])
  })

  test('a trial that nobody confirms is undone', async () => {
    await using stack = new TestStack(shell, disk)
    const transaction = await stack.reach('trial', { lease: 4 })
    fill(stack)
    await transaction.recorded('ended undone lease-expired')
    await until(() => !stack.exists('open'), 'the end')
    expect(stack.trace()).toEqual(undoneAll)
    expect(stack.ledger()).toMatchObject([{ cause: 'lease-expired' }])
  })

  test('what an agent has left that is gone is recovered', async () => {
    await using stack = new TestStack(shell, disk)
    const transaction = await stack.reach('trial')
    await transaction.killAgent()
    fill(stack)
    await stack.recover()
    expect(stack.trace()).toEqual(undoneAll)
    expect(stack.ledger()).toMatchObject([{ result: 'undone', cause: 'agent-gone' }])
  })

  test('a step that fills it is taken back', async () => {
    await using stack = new TestStack(shell, disk)
    const run = 'cat /dev/zero >"$stack/filler"'
    const transaction = await stack.open({ phases: { prepare: [step('p1'), step('p2', { run })] } })
    expect((await transaction.opened).progress).toMatchObject({ result: 'undone', cause: 'prepare-02' })
    expect(stack.trace()).toEqual(['p1', 'p2', 'undo p2', 'undo p1'])
  })

  test('nothing is opened without space for the way back', async () => {
    await using stack = new TestStack(shell, disk)
    fill(stack, 900)
    const transaction = await stack.open()
    expect((await transaction.opened).progress).toEqual({ kind: 'ended', result: 'undone', cause: 'no-space' })
    expect(stack.trace()).toEqual([])
    expect(stack.exists('open')).toBe(false)
    expect(stack.ledger()).toEqual([])
  })

  test('a package that has no space is refused and leaves nothing', async () => {
    await using stack = new TestStack(shell, disk)
    fill(stack, 24)
    const transaction = await stack.open()
    expect(await transaction.opened).toMatchObject({
      code: 8,
      errors: expect.stringContaining('the package could not be written: is the disk full?\n') as string,
    })
    expect(stack.list('transactions')).toEqual([])
  })
})
