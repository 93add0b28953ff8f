import { UsageError } from '../errors.ts'
import type { Observation } from '../stack/observation.ts'
import type { Stack } from '../stack/stack.ts'
import type { Demand } from './demand.ts'
import { composeProblems, engineProblems, engineWarnings } from './engine.ts'
import { folderProblems } from './folder.ts'
import { clockWarnings, loginProblems, loginWarnings, toolProblems } from './login.ts'
import { memoryProblems } from './memory.ts'
import { neighbourProblems } from './neighbours.ts'
import { platformProblems } from './platform.ts'
import { portProblems } from './ports.ts'
import { recoveryWarnings } from './recovery.ts'
import { roomProblems } from './room.ts'

export interface Preflight {
  readonly stack: Stack
  /** `user@host`. */
  readonly host: string
  /** What is to run there; a rollback brings nothing new. */
  readonly demand?: Demand
  /** What other parts found in the way, such as the edge's configuration; each with its fix. */
  readonly problems?: readonly string[]
}

/**
 * Throws one error with every reason why a change of this stack can't begin, each with its fix. Returns what does not
 * stand in the way but should be known, for the plan.
 */
export function checkHost(observation: Observation, preflight: Preflight): readonly string[] {
  const { problems = [] } = preflight
  const ofHost = hostProblems(observation, preflight)
  if (ofHost.length > 0)
    throw new UsageError(
      [
        `${preflight.host} is not ready; nothing was changed:`,
        ...[...ofHost, ...problems].map((text) => `- ${text}`),
      ].join('\n'),
    )
  if (problems.length > 0) throw new UsageError(problems.join('\n'))
  const { host } = observation
  return [...loginWarnings(host), ...clockWarnings(host), ...engineWarnings(host), ...recoveryWarnings(observation)]
}

function hostProblems(observation: Observation, { stack, demand }: Preflight): readonly string[] {
  const { host } = observation
  return [
    ...loginProblems(host),
    ...toolProblems(host),
    ...engineProblems(host),
    ...composeProblems(host),
    ...neighbourProblems(observation, stack),
    ...folderProblems(host, stack),
    ...roomProblems(observation, stack.path, demand),
    ...memoryProblems(observation, demand),
    ...platformProblems(host, demand),
    ...portProblems(observation, stack.name, demand),
  ]
}
