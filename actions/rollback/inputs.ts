import { readJobTimeout } from '../../src/plan/deadlines.ts'
import type { InputReader } from '../../src/runner/inputs.ts'
import { readStack, readStackInputs, type StackInputs } from '../../src/stack/inputs.ts'
import type { Stack } from '../../src/stack/stack.ts'

/** Either the open transaction of this job is aborted, or a confirmed release is brought back. */
export type Inputs = StackInputs &
  (
    | { readonly mode: 'abort'; readonly transaction: string }
    | {
        readonly mode: 'release'
        readonly stack: Stack
        /** A release, a version or a commit; undefined: the one before the live one. */
        readonly to: string | undefined
        /** Seconds. */
        readonly healthyWithin: number
        readonly lockTimeout: number
        /** Of the whole job, as far as it is known. */
        readonly jobTimeout: number | undefined
        readonly keep: number
        /** Seconds. */
        readonly drain: number
        readonly dryRun: boolean
        /** Whether the release can run on the schema as it is now, as far as the user says. */
        readonly oldCodeCanRun: boolean
      }
  )

export function readInputs(input: InputReader): Inputs {
  const where = readStackInputs(input)
  const transaction = input.optional('transaction')
  const to = input.optional('to')
  const options = {
    healthyWithin: input.seconds('healthy-within'),
    lockTimeout: input.seconds('lock-timeout'),
    jobTimeout: readJobTimeout(input),
    keep: input.whole('keep', { min: 2, max: 50 }),
    drain: input.seconds('drain'),
    dryRun: input.flag('dry-run'),
    oldCodeCanRun: input.flag('old-code-can-run'),
  }
  if (transaction === undefined)
    return { ...where, mode: 'release', stack: readStack(input, where.path), to, ...options }
  if (to !== undefined) input.problem('to', 'an open transaction goes back to where it began; leave `to` out')
  input.optional('stack')
  return { ...where, mode: 'abort', transaction }
}
