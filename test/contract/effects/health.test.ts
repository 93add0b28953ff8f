import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { SHELLS, TestStack } from '../../support/agent.ts'
import type { Answer } from '../../support/test-transaction.ts'

describe.concurrent.each(SHELLS)('a health check, in %s', (shell) => {
  test('that was cut off has said nothing in time', async () => {
    await using stack = new TestStack(shell)
    stack.put(
      'docker',
      '#!/bin/sh\ncase $1 in inspect) printf "running 0\\nCMD\\ntrue\\n" ;; exec) exec sleep 60 ;; esac\n',
    )
    const cutOff = 'ask() { timeout -k 1 1 docker exec "$@"; }'
    const state = 'explain() { echo "it said: $2"; }'
    const set = `project=shop stack=${stack.path} release=v1 variant=a`
    const program = [set, effectsProgram, cutOff, state, 'prove 0 running c1'].join('\n')
    const { code, lines } = await stack.run({ argv: ['sh', '-c', program] })
    expect(code).toBe(1)
    expect(lines).toContain('it said: nothing in time')
  })

  test('must have held for as long as the team watches it, and ends that at its first no', async () => {
    await using stack = new TestStack(shell)
    const containers = (state: string): string => `#!/bin/sh
echo asked >>${stack.path}/asked
case "$1 $*" in
  'ps '*) echo 'c1 api abc/a' ;;
  *StartedAt*) if [ "$(grep -c . ${stack.path}/asked)" -lt 6 ]; then date -u +%Y-%m-%dT%H:%M:%S.5Z; else echo 2020-01-01T00:00:00.5Z; fi ;;
  *Health*) echo '${state}' ;;
  *) echo 'its words' ;;
esac
`
    const run = (): Promise<Answer> => {
      const set = `project=shop stack=${stack.path} release=v1 variant=a`
      return stack.run({ argv: ['sh', '-c', [set, effectsProgram, 'run_for 3600 api=abc'].join('\n')] })
    }
    stack.put('docker', containers('c1 running 0 healthy'))
    expect(await run()).toMatchObject({ code: 0, lines: [] })
    expect(stack.lines('asked').length).toBeGreaterThan(5)

    rmSync(join(stack.path, 'asked'))
    stack.put('docker', containers('c1 running 1 healthy'))
    expect((await run()).code).toBe(1)
  })

  test('is not asked of the others where a service has lost its new container', async () => {
    await using stack = new TestStack(shell)
    stack.put('docker', `#!/bin/sh\necho "$1" >>${stack.path}/asked\n[ "$1" != ps ] || echo 'c1 api abc/a'\n`)
    const set = `project=shop stack=${stack.path} release=v1 variant=a`
    const program = [set, effectsProgram, 'start_and_prove 5 api=abc worker=abc'].join('\n')
    const { code, lines } = await stack.run({ argv: ['sh', '-c', program] })
    expect({ code, lines }).toEqual({ code: 1, lines: ['the new worker is gone'] })
    expect(stack.lines('asked')).toEqual(['ps'])
  })
})
