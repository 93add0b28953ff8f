import type { ImageTags } from '../../src/image/tags.ts'
import { givenTags } from '../../src/image/tags.ts'
import type { InputReader } from '../../src/runner/inputs.ts'

export interface Login {
  readonly registry: string
  readonly username: string
  readonly password: string
}

export interface Inputs {
  /** Relative to `projectDirectory`, at least one. */
  readonly composeFiles: readonly string[]
  /** Relative to the workspace. */
  readonly projectDirectory: string
  /** Text of a dotenv file. */
  readonly env: string | undefined
  readonly login: Login | undefined
  readonly imagePrefix: string | undefined
  /** Undefined: made from commit, branch and version. */
  readonly tags: ImageTags | undefined
  readonly push: boolean
}

export function readInputs(input: InputReader): Inputs {
  const composeFiles = input.lines('compose-files')
  if (composeFiles.length === 0) input.problem('compose-files', 'is required; name at least one file')
  return {
    composeFiles,
    projectDirectory: input.text('project-directory'),
    env: input.optional('env'),
    login: readLogin(input),
    imagePrefix: input.optional('image-prefix'),
    tags: readTags(input),
    push: input.flag('push'),
  }
}

function readLogin(input: InputReader): Login | undefined {
  const registry = input.optional('registry')
  const username = input.optional('registry-username')
  const password = input.optionalSecret('registry-password')
  if (registry !== undefined && username !== undefined && password !== undefined) {
    if (/^[\w.-]+(:\d+)?$|^\[[0-9A-Fa-f:]+\](:\d+)?$/.test(registry)) return { registry, username, password }
    input.problem('registry', `write its host name alone, like ghcr.io, not "${registry}"`)
  } else if (registry !== undefined || username !== undefined || password !== undefined) {
    for (const [name, value] of Object.entries({
      registry,
      'registry-username': username,
      'registry-password': password,
    }))
      if (value === undefined) input.problem(name, 'is required with the other two for a login; is the secret set?')
  }
  return undefined
}

function readTags(input: InputReader): ImageTags | undefined {
  const lines = input.lines('tags')
  if (lines.length === 0) return undefined
  const tags = givenTags(lines)
  if (typeof tags !== 'string') return tags
  input.problem('tags', tags)
  return undefined
}
