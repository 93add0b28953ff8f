import type { Host } from '../host/host.ts'
import type { Run } from '../kernel.ts'

/** After a start of the engine: containers that have ended and whose restart policy says that they should run. */
export function* revive(host: Host): Run<number> {
  for (const container of host.engine.containers)
    if (container.status === 'exited' && container.policy !== 'no' && !container.isOneOff)
      if (!(yield* host.engine.ask(host.engine.start(container)))) return 1
  return 0
}
