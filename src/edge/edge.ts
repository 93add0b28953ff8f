import { createHash } from 'node:crypto'
import { isReplaced, type Kind, LABELLED } from '../compose/kinds.ts'
import { type ComposeModel, replicas, type Service } from '../compose/model.ts'
import { UsageError } from '../errors.ts'
import type { Stack } from '../stack/stack.ts'
import { CADDY } from './caddy.ts'
import { HAPROXY } from './haproxy.ts'
import { NGINX } from './nginx.ts'
import { outsideEdge, placeOf, type Strategy, strategyOf, type SwitchedEdge } from './outside.ts'
import { TRAEFIK } from './traefik.ts'
import { neededBy, obstacleTo } from './obstacles.ts'
import type { EdgeFiles, Proxy } from './proxy.ts'
import type { Slots, WebService } from './slots.ts'

const PROXIES: readonly Proxy[] = [NGINX, CADDY, HAPROXY, TRAEFIK]
const FOLDERS = new Intl.ListFormat('en', { type: 'disjunction' }).format(PROXIES.map(({ folder }) => folder))

/** The texts of edges' own configurations, by service. */
export type Configurations = Readonly<Record<string, string>>

/** What a stack's edge means for a release. */
export type EdgeChoice =
  /** The web services run beside each other in two slots, and the edge is switched between them. */
  | {
      readonly kind: 'slots'
      readonly web: ReadonlyMap<string, WebService>
      /** The edges that lead to them, and are switched. */
      readonly edges: readonly SwitchedEdge[]
      /** Those services, and why each is one. */
      readonly because: ReadonlyMap<string, string>
    }
  /** Old and new take turns. */
  | { readonly kind: 'plain'; readonly because: string }

/**
 * Finds out whether the stack's web services can be switched by its edge, and which services those are.
 *
 * @param kinds what each service is, without regard to the edge
 * @param configurations the text of each edge's own configuration, as far as the repository has it
 */
export function chooseEdge(
  model: ComposeModel,
  kinds: ReadonlyMap<string, Kind>,
  configurations: Configurations,
): EdgeChoice {
  const edges = Object.entries(model.services).filter(([name]) => kinds.get(name) === 'edge')
  const switched = edges.flatMap(([name, edge]) => {
    const proxy = proxyOf(edge)
    return proxy ? [{ name, proxy, text: textOf(edge, proxy, configurations[name]) }] : []
  })
  const outside = outsideEdge(model)
  if (outside !== undefined && switched[0] !== undefined)
    throw new UsageError(
      `x-estiba.edge names ${outside.name}, but services.${switched[0].name} mounts ${switched[0].proxy.folder}: one of them is the edge; remove the other`,
    )
  if (outside === undefined && switched.length === 0)
    return { kind: 'plain', because: `no edge of the stack mounts a folder as ${FOLDERS} (docs/recipes.md)` }
  const apps = Object.keys(model.services).filter((name) => isReplaced(kinds.get(name)))
  const problems = switched.flatMap(({ name, proxy, text }) =>
    [...(text === '' ? [] : proxy.problems(text, apps)), ...(proxy.problemsIn?.(model, name, apps) ?? [])].map(
      (problem) => `the configuration of ${proxy.name} (services.${name}): ${problem}`,
    ),
  )
  if (problems.length > 0) throw new UsageError(problems.join('\n'))
  const named = switched.flatMap(({ proxy, text }) => proxy.namedServices(text, apps))
  const because = webServices(model, kinds, [...new Set(named)])
  if (outside !== undefined && because.size === 0)
    throw new UsageError(
      `x-estiba.edge: nothing says which services ${outside.name} passes requests to; label each estiba.kind: web`,
    )
  const alike = switched.find(({ proxy }) => proxy.leadsAllAlike)
  if (strategyOf(model) === 'rolling' && alike !== undefined)
    throw new UsageError(
      `x-estiba.strategy: ${alike.proxy.name} (services.${alike.name}) leads all services to the same slot, so they can't go there one ` +
        'after the other; write `strategy: whole`, for which the host needs the memory of all of them twice, or take nginx, Caddy or HAProxy',
    )
  const obstacle = obstacleTo(model, kinds, new Set(because.keys()))
  if (obstacle !== undefined) return { kind: 'plain', because: obstacle }
  return {
    kind: 'slots',
    edges: outside === undefined ? switched.map(({ name, proxy }) => ({ name, proxy })) : [outside],
    because,
    web: new Map([...because.keys()].map((name) => [name, webService(name, model)])),
  }
}

/** What visitors may miss in the configurations of edges that are switched. */
export function adviceOn({ services }: ComposeModel, configurations: Configurations): readonly string[] {
  return Object.entries(configurations).flatMap(([name, text]) => {
    const edge = services[name] ?? {}
    const proxy = proxyOf(edge)
    const all = proxy ? textOf(edge, proxy, text) : ''
    const advice = all === '' ? [] : (proxy?.advice?.(all) ?? [])
    return advice.map((line) => `the configuration of ${proxy?.name ?? ''} (services.${name}): ${line}`)
  })
}

/** All that is known of an edge's own configuration. */
function textOf(edge: Service, { textIn }: Proxy, inFiles = ''): string {
  return [inFiles, textIn?.(edge) ?? ''].filter(Boolean).join('\n')
}

/** What the service is, when it mounts the folder with the switch. */
export function proxyOf({ volumes = [] }: Service): Proxy | undefined {
  return PROXIES.find(({ folder }) => volumes.some(({ target }) => target === folder))
}

/** Whether the folder with the switch is mounted there. */
export function isSwitch(target: string): boolean {
  return PROXIES.some(({ folder }) => folder === target)
}

/** The configuration of a release's edges, generated and the team's own. */
export interface EdgeConfiguration {
  readonly files: EdgeFiles
  /** 16 hex digits of SHA-256, as a host has it: over `cat *.*`, and behind it the lines of `sha256sum` for `own`. */
  readonly hash: string
  /** Of the team's own alone. */
  readonly ownHash: string
}

export function edgeConfiguration(
  slots: Slots,
  edges: readonly SwitchedEdge[],
  stack: Stack,
  own: EdgeFiles,
  strategy: Strategy = 'whole',
): EdgeConfiguration {
  const texts = edges.map((edge) => edge.proxy.files(slots, placeOf(edge, stack, strategy)))
  const generated = Object.assign({}, ...texts) as Readonly<Record<string, string>>
  const inOrder = Object.keys(generated)
    .sort()
    .map((name) => generated[name] ?? '')
  const lines = Object.keys(own)
    .sort()
    .map((name) => `${sha256(own[name] ?? '')}  ${name}\n`)
  return {
    files: { ...generated, ...own },
    hash: sha256([...inOrder, ...lines].join('')).slice(0, 16),
    ownHash: sha256(lines.join('')).slice(0, 16),
  }
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

function webServices(
  { services }: ComposeModel,
  kinds: ReadonlyMap<string, Kind>,
  named: readonly string[],
): ReadonlyMap<string, string> {
  const web = new Map<string, string>()
  for (const [name, { labels }] of Object.entries(services))
    if (labels?.['estiba.kind'] === 'web') web.set(name, LABELLED)
  for (const name of named) if (!web.has(name)) web.set(name, 'the edge passes requests to it')
  for (const [name] of web)
    for (const dependency of neededBy(name, services, kinds))
      if (mayBeAsked(kinds.get(dependency)) && hasPort(services[dependency]) && !web.has(dependency))
        web.set(dependency, `${name} depends on it, and it exposes a port`)
  return web
}

/** Also what was taken for a worker: its own text does not tell what others want of it. */
function mayBeAsked(kind: Kind | undefined): boolean {
  return kind === 'web' || kind === 'worker'
}

function hasPort(service: Service | undefined): boolean {
  return service?.labels?.['estiba.port'] !== undefined || (service?.expose ?? []).length > 0
}

function webService(name: string, model: ComposeModel): WebService {
  return { port: portOf(name, model), replicas: replicas(model.services[name] ?? {}) }
}

function portOf(name: string, { services }: ComposeModel): number {
  const service = services[name]
  const label = service?.labels?.['estiba.port']
  const ports = service?.expose ?? []
  const port = Number.parseInt(String(label ?? ports[0] ?? ''), 10)
  if ((label === undefined && ports.length > 1) || !(port > 0 && port < 65_536))
    throw new UsageError(
      `services.${name}: the edge passes requests to it, but its port is not known; write \`expose: ['8080']\` with the one port ` +
        'that it listens on, or the label `estiba.port`',
    )
  return port
}
