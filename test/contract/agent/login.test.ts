import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { hold, PHASES, SHELLS, step, type TestStack, TestStack as Stack } from '../../support/agent.ts'
import { until } from '../../support/until.ts'

/** Says where it finds a login, and then does as the test wants. */
const compose = (then: string): string =>
  `#!/bin/sh
stack=$STACK
echo "$(stat -c %a "$DOCKER_CONFIG") $(stat -c %a "$DOCKER_CONFIG/config.json") $DOCKER_CONFIG" >>"$stack/trace"
${then}
`

/** Phases that pull first, with such a Compose. */
function pulling(stack: TestStack, then: string) {
  stack.put('docker', '#!/bin/sh\n')
  stack.putCompose(compose(then))
  const pull = step('pull', { run: 'STACK=$stack; export STACK; pull amd64 web=none' })
  return { phases: { ...PHASES, prepare: [pull, step('p2')] } }
}

/** Ends what the agent started, as a power cut would. */
function killEffects(stack: TestStack): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      if (readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`STACK=${stack.path}\0`))
        process.kill(Number(pid), 'SIGKILL')
    } catch {
      // Gone already, or not ours.
    }
}

describe.concurrent.each(SHELLS)('a registry login, in %s', (shell) => {
  test('is there for the pull, for its owner alone, and gone when the pull is done', async () => {
    await using stack = new Stack(shell)
    const transaction = await stack.open(pulling(stack, 'exit 0'))
    await transaction.opened
    const login = `transactions/${transaction.id}/docker`
    expect([...new Set(stack.trace())]).toEqual(['pull', `700 600 ${stack.path}/${login}`, 'p2'])
    expect(transaction.records().at(-1)).toMatch(/^waiting prepared /)
    expect(stack.exists(login)).toBe(false)
  })

  test('is gone after a pull that failed', async () => {
    await using stack = new Stack(shell)
    const transaction = await stack.open(pulling(stack, 'exit 1'))
    expect((await transaction.opened).progress).toMatchObject({ kind: 'ended', result: 'undone' })
    expect(stack.exists(`transactions/${transaction.id}/docker`)).toBe(false)
  })

  test.each(['the agent', 'the agent and the pull'])(
    'is gone after recovery, when %s was killed in the pull',
    async (what) => {
      await using stack = new Stack(shell)
      const transaction = await stack.open(pulling(stack, hold('pull')))
      await until(() => stack.trace().length > 1, 'the pull')
      const login = `transactions/${transaction.id}/docker`
      expect(stack.exists(`${login}/config.json`)).toBe(true)
      await transaction.killAgent()
      if (what === 'the agent and the pull') killEffects(stack)
      const recovered = stack.recover()
      await sleep(500)
      await stack.let('pull')
      await recovered
      expect(transaction.records().at(-1)).toBe('ended undone agent-gone')
      expect(stack.exists(login)).toBe(false)
    },
  )
})
