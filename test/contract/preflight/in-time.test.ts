import { describe, expect, test } from 'vitest'
import { observeProgram } from '../../../src/agent/programs.ts'
import { script } from '../../../src/command/command.ts'
import { SHELLS, TestStack } from '../../support/agent.ts'

/** How GNU's `timeout` ends what takes too long, and BusyBox's: with the code of the signal. */
const CUT_OFF = [124, 143]

describe.concurrent.each(SHELLS)('an engine that does not answer in time, in %s', (shell) => {
  test.each(CUT_OFF)('is not taken for one without containers (%i)', async (code) => {
    await using stack = new TestStack(shell)
    stack.put('docker', `#!/bin/sh\ncase $1 in ps) printf 'c1\\tapi\\tshop\\t\\n' ;; *) exit ${code} ;; esac\n`)
    const { lines } = await stack.run(script(observeProgram, stack.path, 'shop'))
    expect(lines).toContain('failed\tdocker inspect')
    expect(lines).toContain('engine-error\tit did not answer within 10 s')
  })
})
