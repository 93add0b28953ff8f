import type { Container } from '../host/container.ts'
import type { Run } from '../kernel.ts'
import type { Tools } from './interpret.ts'

/** What came with this transaction: what ran of it is kept, stopped, and the rest goes. */
export function* setAside(tools: Tools, services: readonly string[]): Run<boolean> {
  const { docker } = tools
  yield* docker.awaitEngine()
  const came = cameOf(tools, services)
  if (!came || !(yield* docker.update(came, () => 'no')) || !(yield* docker.stop(came))) return false
  return yield* docker.remove(came.filter(({ life }) => life === 0))
}

/** `current` names it again, or its guard as long as something of that is kept. */
export function* leadBack(tools: Tools, folder: string, marks: readonly string[]): Run<boolean> {
  yield* tools.docker.awaitEngine()
  const isKept = endedOf(tools, marks).length > 0
  return yield* tools.files.link('current', `${folder}${isKept ? '-guard' : ''}`)
}

export function* clearKept(tools: Tools, marks: readonly string[]): Run<boolean> {
  if (!tools.docker.engine.isUp) return false
  return yield* tools.docker.remove(endedOf(tools, marks))
}

function endedOf({ docker }: Tools, marks: readonly string[]): readonly Container[] {
  return docker.engine.containers.filter(
    ({ service, labels, status, isOneOff }) =>
      !isOneOff &&
      status !== 'running' &&
      marks.includes(`${service}=${labels['estiba.definition'] ?? ''}/${labels['estiba.slot'] ?? ''}`),
  )
}

/** Of the new ones, undefined when the engine does not answer. */
function cameOf({ containers }: Tools, services: readonly string[]): readonly Container[] | undefined {
  const served = containers.served().map(([, id]) => id)
  return containers.newOfAll(services)?.filter(({ id }) => !served.includes(id))
}
