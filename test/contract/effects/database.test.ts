import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { SHELLS, TestStack } from '../../support/agent.ts'

/** A database that has this schema now and had `old` before, and that an engine left down unless it is `up`. */
function database(stack: TestStack, schema: string, state: 'up' | 'down'): void {
  mkdirSync(join(stack.path, 'tx'))
  writeFileSync(join(stack.path, 'schema'), schema)
  if (state === 'up') writeFileSync(join(stack.path, 'up'), '')
  stack.put(
    'docker',
    `#!/bin/sh
cd ${stack.path}
case $1 in
  ps) case $* in *status=running*) [ ! -e up ] || echo c2 ;; *) [ -e up ] || printf 'c2\\nc1\\n' ;; esac ;;
  start) echo "$2" >>up ;;
  exec) cat schema ;;
esac
`,
  )
}

async function ask(stack: TestStack, line: string) {
  const set = `project=shop stack=${stack.path} release=v1 variant=a; export ESTIBA_TX=${stack.path}/tx`
  const before = 'echo old | sha256sum >"$ESTIBA_TX/schema-before"'
  return stack.run({ argv: ['sh', '-c', [set, effectsProgram, before, line].join('\n')] })
}

describe.concurrent.each(SHELLS)('whether old code can run on the schema, in %s', (shell) => {
  test.each([
    ['the same schema', 'old\n', 'old_code_can_run false db', 0, 'the schema is as it was before the migration'],
    ['another schema', 'new\n', 'old_code_can_run false db', 1, 'the schema changed'],
    ['the word of the user', 'new\n', 'old_code_can_run true db', 0, 'old-code-can-run says'],
    ['no database to compare', 'old\n', 'old_code_can_run false', 1, 'old-code-can-run does not say'],
    ['a token that pg_dump makes up', 'old\n\\restrict x7\n', 'old_code_can_run false db', 0, 'as it was'],
  ])('%s', async (_, schema, line, code, words) => {
    await using stack = new TestStack(shell)
    database(stack, schema, 'up')
    const answer = await ask(stack, line)
    expect(answer.code).toBe(code)
    expect(answer.lines.join('\n')).toContain(words)
  })

  test('a database that a killed engine has left down is started, and then asked', async () => {
    await using stack = new TestStack(shell)
    database(stack, 'old\n', 'down')
    expect((await ask(stack, 'old_code_can_run false db')).code).toBe(0)
    expect(stack.lines('up')).toEqual(['c2'])
  })

  test('what became of the schema is noted for the ledger', async () => {
    await using stack = new TestStack(shell)
    database(stack, 'new\n', 'up')
    expect((await ask(stack, 'note_schema false db')).lines).toEqual(['the schema: unknown'])
    expect((await ask(stack, 'note_schema true db')).lines).toEqual(['the schema: compatible'])
    writeFileSync(join(stack.path, 'schema'), 'old\n')
    expect((await ask(stack, 'note_schema false db')).lines).toEqual(['the schema: unchanged'])
    expect(stack.lines('tx/migration')).toEqual(['unchanged'])
  })
})
