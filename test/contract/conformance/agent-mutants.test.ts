import { describe, expect, test } from 'vitest'
import { SHELLS } from '../../support/agent.ts'
import { AGENT_MUTANTS, plant } from './agent-mutants.ts'
import { runInModel } from './in-model.ts'
import { runInShell } from './in-shell.ts'
import { otherWays, recoveryRows, verbRows } from './rows.ts'

const minutes = 3 * 60_000
const ROWS = [...verbRows(), ...recoveryRows(), ...otherWays()]

describe.concurrent('a bug planted in the agent is caught', () => {
  test.each(AGENT_MUTANTS.map((mutant, index) => ({ ...mutant, shell: SHELLS[index % SHELLS.length] ?? 'dash' })))(
    '$name, by $caughtBy of "$trace", in $shell',
    { timeout: minutes },
    async ({ shell, trace: row, caughtBy, ...mutant }) => {
      const trace = ROWS.find(({ name }) => name === row)
      if (!trace) throw new Error(`there is no trace ${row}`)
      const seen = await runInShell(trace, shell, plant({ ...mutant, trace: row, caughtBy }))
      expect(seen[caughtBy]).not.toEqual(runInModel(trace)[caughtBy])
    },
  )
})
