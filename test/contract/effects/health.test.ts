import { describe, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { SHELLS, TestStack } from '../../support/agent.ts'

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
