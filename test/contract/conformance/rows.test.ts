import { describe, expect, test } from 'vitest'
import { SHELLS } from '../../support/agent.ts'
import { runInModel } from './in-model.ts'
import { runInShell } from './in-shell.ts'
import { otherWays, recoveryRows, verbRows } from './rows.ts'

const minutes = 3 * 60_000

describe.concurrent.each([
  ['the table of words', verbRows()],
  ['the table of recovery', recoveryRows()],
  ['what the tables do not say', otherWays()],
])('model and agent agree on %s', (_, rows) => {
  test.each(rows.map((row, index) => ({ ...row, shell: SHELLS[index % SHELLS.length] ?? 'dash' })))(
    '$name, in $shell',
    { timeout: minutes },
    async ({ shell, ...row }) => {
      expect(await runInShell(row, shell)).toEqual(runInModel(row))
    },
  )
})
