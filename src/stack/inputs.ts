import { type Connection, readConnection } from '../host/connection.ts'
import type { InputReader } from '../runner/inputs.ts'
import { problemOfName, problemOfPath, type Stack } from './stack.ts'

/** Where a stack lives, as every action that reaches it is told. */
export interface StackInputs {
  readonly connection: Connection
  /** The stack's folder on the host, absolute. */
  readonly path: string
}

/** Reads the connection and the input `path`. */
export function readStackInputs(input: InputReader): StackInputs {
  const connection = readConnection(input)
  const path = input.text('path').replace(/(?<=.)\/$/, '')
  const problem = path === '' ? undefined : problemOfPath(path)
  if (problem !== undefined) input.problem('path', problem)
  return { connection, path }
}

/** Reads the input `stack`, the Compose project's name. */
export function readStack(input: InputReader, path: string): Stack {
  const name = input.text('stack')
  const problem = name === '' ? undefined : problemOfName(name)
  if (problem !== undefined) input.problem('stack', problem)
  return { name, path }
}
