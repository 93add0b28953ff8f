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
  const { edge } = readExtension(extension)
  if (edge === undefined) return undefined
  if (!isRecord(edge) || Object.keys(edge).length !== 1) throw misspelt(extension)
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

/** How the web services of the set go to the other slot: beside each other, or one after the other. */
export type Strategy = 'whole' | 'rolling'

/** As the compose file says: `x-estiba: { strategy: rolling }`. */
export function strategyOf(model: ComposeModel): Strategy {
  const { strategy = 'whole' } = readExtension(model['x-estiba'])
  if (strategy === 'whole' || strategy === 'rolling') return strategy
  throw new UsageError(
    `x-estiba.strategy: ${JSON.stringify(strategy)} is not understood; write \`whole\` to have all web services start beside the old ` +
      'ones, or `rolling` for one after the other where memory is short',
  )
}

function readExtension(extension: unknown): Readonly<Record<string, unknown>> {
  if (extension === undefined) return {}
  const isKnown = isRecord(extension) && Object.keys(extension).every((key) => key === 'edge' || key === 'strategy')
  if (!isKnown || Object.keys(extension).length === 0) throw misspelt(extension)
  return extension
}

function misspelt(extension: unknown): UsageError {
  return new UsageError(
    `x-estiba: ${JSON.stringify(extension)} is not understood; write \`edge: { nginx: host }\` for the server's own nginx, or ` +
      '`edge: { nginx: proxy/web }` (or caddy) for the service web of the Compose project proxy on the same server; or `strategy: rolling`',
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What the files for that edge depend on. */
export function placeOf({ name, proxy }: SwitchedEdge, stack: Stack, strategy: Strategy = 'whole'): Place {
  const common = { stack: stack.name, ...(strategy === 'rolling' && { isRolling: true as const }) }
  if (name === HOST) return { ...common, folder: `${stack.path}/edge`, isShared: true }
  const isShared = isOutside(name)
  return { ...common, folder: isShared ? `${proxy.folder}/${stack.name}` : proxy.folder, isShared }
}
