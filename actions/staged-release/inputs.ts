import type { InputReader } from '../../src/runner/inputs.ts'

export interface Inputs {
  readonly token: string
  readonly environment: string
  readonly commit: string
  readonly branch: string
  readonly waitSeconds: number
}

export function readInputs(input: InputReader): Inputs {
  return {
    token: input.secret('github-token'),
    environment: input.text('environment'),
    commit: input.text('commit'),
    branch: input.text('branch'),
    waitSeconds: input.seconds('wait'),
  }
}
