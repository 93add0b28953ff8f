import type { InputReader } from '../../src/runner/inputs.ts'

export interface Inputs {
  readonly token: string
  readonly environment: string
  /** `given`: the job that asks has been approved already, if it had to be. */
  readonly approval: 'required' | 'none-intended' | 'given'
}

export function readInputs(input: InputReader): Inputs {
  return {
    token: input.secret('github-token'),
    environment: input.text('environment'),
    approval: input.oneOf('approval', ['required', 'none-intended', 'given']),
  }
}
