import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { reviveProgram } from '../../../src/agent/programs.ts'
import { SHELLS, TestStack } from '../../support/agent.ts'

/** Stands in for the Docker client: `containers` are described as `docker inspect` does with the program's format. */
function fakeDocker(stack: TestStack, containers: readonly string[], cannot = 'none'): void {
  writeFileSync(join(stack.path, 'described'), containers.map((line) => `${line}\n`).join(''))
  stack.put(
    'docker',
    `#!/bin/sh
echo "$*" >>${stack.path}/asked
case $1 in
  ps) awk '{ print $3 }' ${stack.path}/described ;;
  inspect) cat ${stack.path}/described ;;
  start) [ "$2" != ${cannot} ] && echo "$2" >>${stack.path}/started ;;
esac
`,
  )
}

async function revive(stack: TestStack, ...args: readonly string[]) {
  const program = join(stack.path, 'revive')
  writeFileSync(program, `project=shop\n${reviveProgram}`)
  return stack.run({ argv: ['sh', program, ...args] })
}

describe.concurrent.each(SHELLS)('starting what must run, in %s', (shell) => {
  test('data first and in the order of their making, what should run and does not', async () => {
    await using stack = new TestStack(shell)
    fakeDocker(stack, [
      '2 2026-11-22T03:00:02Z worker on-failure 137',
      '2 2026-11-22T03:00:01Z api unless-stopped 143',
      '2 2026-11-22T03:00:03Z migrated no 0',
      '2 2026-11-22T03:00:04Z done on-failure 0',
      '1 2026-11-22T03:00:05Z db always 0',
      '2 2026-11-21T03:00:00Z old no 143',
    ])
    expect((await revive(stack)).code).toBe(0)
    expect(stack.lines('started')).toEqual(['db', 'api', 'worker'])
    expect(stack.lines('asked')[0]).toBe(
      'ps --all --quiet --no-trunc --filter label=com.docker.compose.project=shop ' +
        '--filter label=com.docker.compose.oneoff=False --filter status=exited',
    )
  })

  test('one that can not be started is a failure, and does not keep the others', async () => {
    await using stack = new TestStack(shell)
    fakeDocker(stack, ['1 2026-11-22T03:00:00Z db always 137', '2 2026-11-22T03:00:01Z api always 137'], 'db')
    expect((await revive(stack)).code).toBe(1)
    expect(stack.lines('started')).toEqual(['api'])
  })

  test('nothing is to be done where nothing has ended', async () => {
    await using stack = new TestStack(shell)
    fakeDocker(stack, [])
    expect((await revive(stack)).code).toBe(0)
    expect(stack.lines('asked')).toHaveLength(1)
  })

  test('the start of the engine is told by two words that stay the same', async () => {
    await using stack = new TestStack(shell)
    fakeDocker(stack, [])
    const first = await revive(stack, 'which')
    // On a machine without an engine there is none to tell.
    if (first.code === 0) expect(first.lines).toEqual([expect.stringMatching(/^\d+ [0-9a-f-]{36}$/)])
    else expect(first.lines).toEqual([])
    expect((await revive(stack, 'which')).lines).toEqual(first.lines)
  })
})

describe.concurrent.each(SHELLS)('what is in both slots, in %s', (shell) => {
  test('joins them again by its name, and whoever is there already is left alone', async () => {
    await using stack = new TestStack(shell)
    mkdirSync(join(stack.path, 'releases/r1/a'), { recursive: true })
    writeFileSync(join(stack.path, 'releases/r1/joins'), 'db\nnginx\nproxy/web\n')
    symlinkSync('releases/r1/a', join(stack.path, 'current'))
    stack.put(
      'docker',
      `#!/bin/sh
case $1 in
  ps) printf '%s\\n' 'c1 shop/db False ,shop_default,' 'c2 shop/nginx False ,shop_slot-a,shop_slot-b,' \\
    'c3 proxy/web False ,proxy_default,shop_slot-a,' 'c4 shop/api False ,shop_slot-a,' 'c5 other/db False ,other_default,' ;;
  *) echo "$*" >>${stack.path}/asked ;;
esac
`,
    )
    expect((await revive(stack, 'join')).code).toBe(0)
    expect(stack.lines('asked')).toEqual([
      'network connect --alias db shop_slot-a c1',
      'network connect --alias db shop_slot-b c1',
      'network connect shop_slot-b c3',
    ])
  })
})
