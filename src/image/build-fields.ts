import { UsageError } from '../errors.ts'
import type { BuildSection, Project } from './project.ts'
import type { Target } from './target.ts'

/** The attributes of a bake target that come from a `build` section. */
export interface BuildFields {
  readonly labels: Readonly<Record<string, string>>
  /** Variables that secrets of this build are read from. */
  readonly secretVariables: readonly string[]
  readonly [attribute: string]: unknown
}

interface Scope {
  readonly service: string
  readonly project: Project
  readonly targets: readonly Target[]
}

/** Carries one field over, as attributes of the target. Gets the value as Compose resolved it, in its long form. */
type Carry = (value: unknown, scope: Scope) => Readonly<Record<string, unknown>>

const as =
  (attribute: string): Carry =>
  (value) => ({ [attribute]: value })

/**
 * Every field that a bake target has an attribute for in buildx 0.13 and later. Attributes that came after (extra hosts,
 * entitlements) are not here: an older buildx takes and ignores them.
 */
const carried: Readonly<Record<string, Carry>> = {
  context: as('context'),
  dockerfile: as('dockerfile'),
  dockerfile_inline: as('dockerfile-inline'),
  args: as('args'),
  target: as('target'),
  platforms: as('platforms'),
  cache_from: as('cache-from'),
  cache_to: as('cache-to'),
  no_cache: as('no-cache'),
  pull: as('pull'),
  shm_size: (value) => ({ 'shm-size': String(value) }),
  labels: as('labels'),
  ssh: as('ssh'),
  ulimits: (value) => ({ ulimits: Object.entries(value as Record<string, unknown>).map(ulimit) }),
  network: (value, { service }) => {
    if (value === 'host') throw refused(service, 'network: host')
    return { network: value }
  },
  additional_contexts: (value, scope) => ({
    contexts: Object.fromEntries(
      Object.entries(value as Record<string, string>).map(([name, from]) => [name, context(from, scope)]),
    ),
  }),
  secrets: (value, scope) => ({ secret: (value as BuildSecret[]).map((secret) => buildSecret(secret, scope)) }),
}

/** Translates a `build` section. A field that can't be carried over is refused by its name: dropped, it would be missed late. */
export function buildFields(service: Target['service'], project: Project, targets: readonly Target[]): BuildFields {
  const scope = { service: service.name, project, targets }
  const attributes: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(service.build)) {
    if (isUnset(value)) continue
    const carry = carried[field]
    if (carry === undefined) throw refused(service.name, field)
    Object.assign(attributes, carry(value, scope))
  }
  return {
    labels: {},
    ...attributes,
    secretVariables: secretVariables(service.build, project),
  }
}

interface BuildSecret {
  readonly source: string
  readonly target?: string
}

/** `uid`, `gid` and `mode` are for the Dockerfile's `--mount` to say, as Compose itself has it. */
function buildSecret({ source, target = source }: BuildSecret, { service, project }: Scope): string {
  const { file, environment } = project.secrets[source] ?? {}
  if (environment !== undefined) return `id=${target},env=${environment}`
  if (file !== undefined) return `id=${target},src=${file}`
  throw new UsageError(
    `The build of ${service} uses the secret ${source}, which comes from neither file nor environment.`,
  )
}

function secretVariables(build: BuildSection, project: Project): readonly string[] {
  return ((build['secrets'] ?? []) as BuildSecret[])
    .map(({ source }) => project.secrets[source]?.environment)
    .filter((variable) => variable !== undefined)
}

/** `service:api` means what that service builds, which is a target of the same graph. */
function context(from: string, { service, targets }: Scope): string {
  const name = /^service:(?<name>.+)$/.exec(from)?.groups?.['name']
  if (name === undefined) return from
  const target = targets.find(({ services }) => services.includes(name))
  if (target === undefined)
    throw new UsageError(`The build of ${service} starts from the service ${name}, which builds nothing.`)
  return `target:${target.name}`
}

function ulimit([name, value]: readonly [string, unknown]): string {
  if (typeof value !== 'object' || value === null) return `${name}=${String(value)}`
  const { soft, hard } = value as { soft: number; hard: number }
  return `${name}=${soft}:${hard}`
}

function isUnset(value: unknown): boolean {
  return value === null || value === undefined || value === false || value === '' || value === 'default'
}

function refused(service: string, field: string): UsageError {
  return new UsageError(
    `services.${service}.build has ${field}, which this action can't hand on to buildx. ` +
      `Take it out, or build ${service} elsewhere and leave its build section out of the compose files given here.`,
  )
}
