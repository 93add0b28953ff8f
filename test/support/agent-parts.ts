import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { agentProgram } from '../../src/agent/programs.ts'
import type { TestStack } from './agent.ts'
import type { Answer } from './test-transaction.ts'

/** The agent's functions without its verbs: what comes before the first line that looks at the verb. */
const [functions = ''] = agentProgram.split('\ncase $verb in')

/**
 * Runs lines of shell on the agent's own functions, as the agent of a transaction of that stack: `stack`, `tx`, `id` and
 * `journal` are set, and the folder of the transaction is there.
 */
export function withParts(stack: TestStack, lines: string, id = 't-1'): Promise<Answer> {
  const program = join(stack.path, `parts-${id}.sh`)
  writeFileSync(program, `${functions}\nmkdir -p "$tx/plan"\n${lines}\n`)
  return stack.run({ argv: ['sh', program, 'run', stack.path, id] })
}
