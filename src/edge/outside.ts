import type { ComposeModel } from '../compose/model.ts'
import { UsageError } from '../errors.ts'
import type { Stack } from '../stack/stack.ts'
import { CADDY } from './caddy.ts'
import { NGINX } from './nginx.ts'
import type { Place, Proxy } from './proxy.ts'

/** An edge that is switched: `nginx`, a service of the stack; `proxy/nginx`, one of another stack; or `@host`. */
export interface SwitchedEdge {
  readonly name: string
  readonly proxy: Proxy
}

/** The server's own nginx. */
export const HOST = '@host'

/** Programs that can lead to several stacks at once. */
const SHARED: Readonly<Record<string, Proxy>> = { nginx: NGINX, caddy: CADDY }

/** Whether an edge is none of the services of its stack. */
export function isOutside(edge: string): boolean {
  return edge === HOST || edge.includes('/')
}

/**
 * The edge that leads to a stack from outside of it, as the compose file says: `x-estiba: { edge: { nginx: host } }`, or
 * `{ nginx: proxy/web }` for the service `web` of the stack `proxy`.
 */
export function outsideEdge(model: ComposeModel): SwitchedEdge | undefined {
  const extension = model['x-estiba']
  if (extension === undefined) return undefined
  const { edge, ...unknown } = isRecord(extension) ? extension : { '': extension }
  const [name] = Object.keys(unknown)
  if (name !== undefined || !isRecord(edge) || Object.keys(edge).length !== 1) throw misspelt(extension)
  const [program = '', where] = Object.entries(edge)[0] ?? []
  const proxy = SHARED[program]
  if (proxy === undefined) throw misspelt(extension)
  if (where === 'host' && proxy === NGINX) return { name: HOST, proxy }
  if (typeof where !== 'string' || !/^[a-z0-9][a-z0-9_-]*\/[A-Za-z0-9._-]+$/.test(where)) throw misspelt(extension)
  if (where.startsWith(`${model.name}/`))
    throw new UsageError(
      `x-estiba.edge: ${where} is a service of this very stack; leave x-estiba out, and mount ./edge as ${proxy.folder} there`,
    )
  return { name: where, proxy }
}

function misspelt(extension: unknown): UsageError {
  return new UsageError(
    `x-estiba: ${JSON.stringify(extension)} is not understood; write \`edge: { nginx: host }\` for the server's own nginx, or ` +
      '`edge: { nginx: proxy/web }` (or caddy) for the service web of the Compose project proxy on the same server',
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What the files for that edge depend on. */
export function placeOf({ name, proxy }: SwitchedEdge, stack: Stack): Place {
  if (name === HOST) return { stack: stack.name, folder: `${stack.path}/edge`, isShared: true }
  const isShared = isOutside(name)
  return { stack: stack.name, folder: isShared ? `${proxy.folder}/${stack.name}` : proxy.folder, isShared }
}
