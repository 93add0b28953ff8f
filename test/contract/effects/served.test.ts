import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { SHELLS, TestStack } from '../../support/agent.ts'

/** A transaction's folder with what served and what a stop was begun for, and a Docker client that says what it is asked. */
function transaction(
  stack: TestStack,
  { stopping, cannotStop = 'none', gone = 'none' }: { stopping?: string; cannotStop?: string; gone?: string },
) {
  mkdirSync(join(stack.path, 'tx'))
  writeFileSync(join(stack.path, 'tx', 'served'), 'api a1 no\nworker w1 unless-stopped\nbeat b1 always\n')
  if (stopping !== undefined) writeFileSync(join(stack.path, 'tx', 'stopping'), stopping)
  stack.put(
    'docker',
    `#!/bin/sh
case $1 in
  version) ;;
  ps) awk '$2 != "${gone}" { print $2 }' ${stack.path}/tx/served ;;
  inspect) awk -v id="$4" '$2 == id { print "true " $3 }' ${stack.path}/tx/served ;;
  *) echo "$*, $(ls ${stack.path}/tx | tr '\\n' ' ')" >>${stack.path}/asked; case " $* " in *' ${cannotStop} '* | *' ${gone} '*) exit 1 ;; esac ;;
esac
`,
  )
}

async function standBy(stack: TestStack, ...services: readonly string[]): Promise<number> {
  const set = `project=shop stack=${stack.path} release=v1 variant=a; export ESTIBA_TX=${stack.path}/tx`
  const line = `stand_by 5 ${services.join(' ')}`
  return (await stack.run({ argv: ['sh', '-c', `${set}\n${effectsProgram}\n${line}`] })).code
}

describe.concurrent.each(SHELLS)('what served comes back, in %s', (shell) => {
  test('what a stop was begun for is stopped at once, and only one time', async () => {
    await using stack = new TestStack(shell)
    transaction(stack, { stopping: 'b1\nx9\n\nw1\n' })
    expect(await standBy(stack, 'api')).toBe(0)
    expect(stack.lines('asked')).toEqual(['stop w1 b1, served stopping '])
    expect(stack.exists('tx/stopping')).toBe(false)
    expect(await standBy(stack, 'worker', 'beat')).toBe(0)
    expect(stack.lines('asked')).toHaveLength(1)
  })

  test('a stop that does not end well is tried again by the next', async () => {
    await using stack = new TestStack(shell)
    transaction(stack, { stopping: 'w1\n', cannotStop: 'w1' })
    expect(await standBy(stack, 'worker')).toBe(1)
    expect(stack.exists('tx/stopping')).toBe(true)
  })

  test('one that somebody has removed keeps none of the others from coming back', async () => {
    await using stack = new TestStack(shell)
    transaction(stack, { stopping: 'w1\nb1\n', gone: 'w1' })
    expect(await standBy(stack, 'api', 'beat')).toBe(0)
    expect(stack.lines('asked')).toEqual(['stop b1, served stopping '])
    expect(stack.exists('tx/stopping')).toBe(false)
  })

  test.each([
    ['no stop was begun', undefined],
    ['nothing was old', '\n'],
  ])('%s: nothing is stopped', async (_, stopping) => {
    await using stack = new TestStack(shell)
    transaction(stack, { ...(stopping !== undefined && { stopping }) })
    expect(await standBy(stack, 'api', 'worker', 'beat')).toBe(0)
    expect(stack.lines('asked')).toEqual([])
  })
})
