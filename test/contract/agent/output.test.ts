import { describe, expect, test } from 'vitest'
import { PHASES, SHELLS, step, TestStack } from '../../support/agent.ts'

/** What is told of a step's output. */
async function told(shell: (typeof SHELLS)[number], run: string): Promise<readonly string[]> {
  await using stack = new TestStack(shell)
  const transaction = await stack.open({ phases: { ...PHASES, prepare: [step('p1', { run })] } })
  return (await transaction.opened).lines.filter((line) => line.startsWith('> '))
}

describe.concurrent.each(SHELLS)('what a step printed, in %s', (shell) => {
  test('is told by its last lines, none of them cut', async () => {
    const lines = await told(shell, 'for n in $(seq 1000); do echo "password=hunter2-$n"; done')
    expect(lines.length).toBeGreaterThan(200)
    expect(lines.filter((line) => !/^> password=hunter2-\d+$/.test(line))).toEqual([])
    expect(lines.at(-1)).toBe('> password=hunter2-1000')
  })

  test('is told whole when it is short, and not at all when it is one endless line', async () => {
    expect(await told(shell, 'echo one; printf two')).toEqual(['> one', '> two'])
    expect(await told(shell, 'head -c 7000 /dev/zero | tr "\\0" x')).toEqual(['> (a line of more than 6000 bytes)'])
    expect(await told(shell, 'true')).toEqual([])
  })
})
