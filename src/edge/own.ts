import type { Shipment } from '../compose/sources.ts'
import type { ComposeModel } from '../compose/model.ts'
import type { EdgeFiles } from './proxy.ts'

/**
 * Where the stack's `edge/` has what an edge that is switched mounts as that path, so that it can be given another content
 * and load it anew: its configuration, by custom below /etc or /usr/local/etc. What it serves itself goes with its container.
 */
export function ownPath(service: string, target: string): string | undefined {
  return /^\/(usr\/local\/)?etc\//.test(target) ? `own/${service}/${target.slice(1).replaceAll('/', '_')}` : undefined
}

/** What the repository has for that, of these edges. */
export function ownFiles(
  { services }: ComposeModel,
  edges: readonly string[],
  shipments: ReadonlyMap<string, Shipment>,
): EdgeFiles {
  const files = edges.flatMap((edge) =>
    (services[edge]?.volumes ?? []).flatMap(({ source = '', target }) => {
      const [shipment, path] = [shipments.get(source), ownPath(edge, target)]
      if (shipment === undefined || path === undefined) return []
      // A shipped file begins with the name of what was mounted.
      return shipment.files.map(
        ({ name, content }) => [[path, ...name.split('/').slice(1)].join('/'), content] as const,
      )
    }),
  )
  return Object.fromEntries(files)
}
