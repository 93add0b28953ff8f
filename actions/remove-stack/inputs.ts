import type { InputReader } from '../../src/runner/inputs.ts'
import { readStack, readStackInputs, type StackInputs } from '../../src/stack/inputs.ts'
import type { Stack } from '../../src/stack/stack.ts'

export type Inputs = StackInputs & {
  readonly stack: Stack
  /** Seconds. */
  readonly lockTimeout: number
  readonly dryRun: boolean
}

/** The name is said a second time before anything is removed; to look at the plan takes no such word. */
export function readInputs(input: InputReader): Inputs {
  const where = readStackInputs(input)
  const stack = readStack(input, where.path)
  const confirm = input.optional('confirm')
  const dryRun = input.flag('dry-run')
  if (stack.name !== '' && confirm !== stack.name && !(dryRun && confirm === undefined))
    input.problem(
      'confirm',
      `write ${stack.name}, the name of the stack that is to be removed` +
        (confirm === undefined ? '; `dry-run: true` shows the plan without it' : `, not "${confirm}"`),
    )
  return { ...where, stack, lockTimeout: input.seconds('lock-timeout'), dryRun }
}
