import type { Connection } from './connection.ts'
import type { Remote } from './remote.ts'

/** Opens a connection to a host whose key is pinned in `knownHosts`. */
export function connect(connection: Connection, options: { readonly signal?: AbortSignal } = {}): Promise<Remote> {
  return Promise.reject(new Error(`not written yet: ${connection.host.name} ${String(options.signal?.aborted)}`))
}
