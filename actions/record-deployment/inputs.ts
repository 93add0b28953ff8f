import type { DeploymentRecord } from '../../src/deployment/record.ts'
import { parseImages } from '../../src/release/images.ts'
import type { InputReader } from '../../src/runner/inputs.ts'

export type Inputs = {
  readonly token: string
  readonly environment: string
  readonly url: string | undefined
} & ({ readonly event: 'deploy'; readonly commit: string; readonly record: DeploymentRecord } | Rollback)

export interface Rollback {
  readonly event: 'rollback'
  readonly release: string
}

export function readInputs(input: InputReader): Inputs {
  const event = input.oneOf('event', ['deploy', 'rollback'])
  const place = {
    token: input.secret('github-token'),
    environment: input.text('environment'),
    url: input.optional('url'),
  }
  const release = input.text('release')
  if (event === 'rollback') return { ...place, event, release }
  const record = { release, images: input.parsed('images', parseImages), version: input.text('version') }
  return { ...place, event, commit: input.text('commit'), record }
}
