import { definitionOf } from '../compose/definition.ts'
import { awaited, migrationIn } from '../compose/kind-signs.ts'
import { isReplaced, type Kind, type KindOf, kindOf, LABELLED } from '../compose/kinds.ts'
import { type ComposeModel, replicas, repositoryOf, restartPolicy, type Service } from '../compose/model.ts'
import { chooseEdge, type Configurations, edgeConfiguration } from '../edge/edge.ts'
import { strategyOf } from '../edge/outside.ts'
import type { EdgeFiles } from '../edge/proxy.ts'
import { type Slots, webAddresses } from '../edge/slots.ts'
import { UsageError } from '../errors.ts'
import type { Stack } from '../stack/stack.ts'
import { assetsOf } from './assets.ts'
import { holdingsOf } from './holdings.ts'
import type { BuiltImages } from './images.ts'
import type { Manifest, ManifestService } from './manifest.ts'
import { type VariantFiles, variantsOf } from './variants.ts'

/** An immutable release, ready to be staged on a host. */
export interface Release {
  readonly manifest: Manifest
  /** Resolved compose files with everything that a release adds; absolute paths of the host. */
  readonly variants: readonly VariantFiles[]
  /** The edge's generated configuration, when there is one. */
  readonly edge: EdgeFiles | undefined
}

export interface ReleaseName {
  readonly id: string
  readonly version: string
  readonly commit: string
}

/**
 * Puts the built digests in place of tags, for every service that names one of the built repositories.
 *
 * @param names the services whose images must be known; all of them where not given
 */
export function pinImages(model: ComposeModel, images: BuiltImages, names?: readonly string[]): ComposeModel {
  const byRepository = new Map(Object.values(images).map((image) => [image.repository, image]))
  const pinned = Object.entries(model.services).map(([name, service]): [string, Service] => {
    const image = images[name] ?? byRepository.get(repositoryOf(service.image ?? ''))
    if (!image && service.build !== undefined && (names === undefined || names.includes(name)))
      throw new UsageError(
        `services.${name} has a build section, but the input images says nothing of it; give the output \`images\` of build-and-push`,
      )
    const { build, ...rest } = service
    return [name, image ? { ...rest, image: `${image.repository}@${image.digest}` } : rest]
  })
  return { ...model, services: Object.fromEntries(pinned) }
}

/** What a host already has, and the repository says of the edge. */
export interface Surroundings {
  readonly stack: Stack
  readonly edgeConfigurations: Configurations
  /** What of them the edges that are switched can load anew. */
  readonly edgeOwn: EdgeFiles
  /** The subnets for the slots of this stack on this host. */
  readonly subnets: Slots['subnets']
  /** The slots of the releases that are kept on the host. */
  readonly slotsBefore: readonly Slots[]
}

/** Completes a resolved, pinned and placed compose model to a release. */
export function makeRelease(model: ComposeModel, name: ReleaseName, around: Surroundings): Release {
  const inferred = inferKinds(model)
  const choice = chooseEdge(model, kindsIn(inferred), around.edgeConfigurations)
  if (choice.kind === 'slots')
    for (const [service, because] of choice.because) inferred.set(service, { kind: 'web', because })
  const kinds = kindsIn(inferred)
  const beside = besideOld(model, kinds, choice.kind === 'slots' ? [...choice.because.keys()] : [])
  const services = Object.fromEntries(
    [...inferred].map(([service, kind]) => [service, describeService(service, model, kind, beside.has(service))]),
  )
  const strategy = strategyOf(model)
  const slots =
    choice.kind === 'slots' ? { subnets: around.subnets, web: webAddresses(choice.web, around.slotsBefore) } : undefined
  const edge =
    choice.kind === 'slots' && slots
      ? edgeConfiguration(slots, choice.edges, around.stack, around.edgeOwn, strategy)
      : undefined
  return {
    manifest: {
      format: 3,
      ...name,
      services,
      order: startOrder(services),
      ...(choice.kind === 'slots' &&
        slots &&
        edge && {
          slots: {
            ...slots,
            edgeHash: edge.hash,
            ownHash: edge.ownHash,
            edges: choice.edges.map(({ name: edge }) => edge),
            lets: choice.edges.every(({ proxy }) => proxy.letsAsk === true),
          },
        }),
      ...(choice.kind === 'plain' && { plainBecause: choice.because }),
      ...(strategy === 'rolling' && { strategy }),
    },
    variants: variantsOf({ model: labelled(model, services), kinds, slots }),
    edge: edge?.files,
  }
}

/** The edges that a release of that model switches, and that can load another configuration of the team's own. */
export function loadingEdges(model: ComposeModel, configurations: Configurations): readonly string[] {
  const choice = chooseEdge(model, kindsIn(inferKinds(model)), configurations)
  return choice.kind === 'slots' ? choice.edges.flatMap(({ name, proxy }) => (proxy.readsOwnAtStart ? [] : [name])) : []
}

function kindsIn(inferred: ReadonlyMap<string, KindOf>): ReadonlyMap<string, Kind> {
  return new Map([...inferred].map(([name, { kind }]) => [name, kind]))
}

/** The text of data services stays as the user wrote it: a label would recreate them. */
function labelled(model: ComposeModel, described: Manifest['services']): ComposeModel {
  const services = Object.entries(model.services).map(([name, text]): [string, Service] => {
    const { kind, definition = '' } = described[name] ?? {}
    return [name, kind === 'data' ? text : { ...text, labels: { ...text.labels, 'estiba.definition': definition } }]
  })
  return { ...model, services: Object.fromEntries(services) }
}

function inferKinds(model: ComposeModel): Map<string, KindOf> {
  return new Map(Object.keys(model.services).map((name) => [name, inferKind(name, model)]))
}

function inferKind(name: string, { services }: ComposeModel): KindOf {
  const kind = kindOf(name, services)
  if (typeof kind === 'string') throw new UsageError(kind)
  return kind
}

/** Whatever backs a database up and guards the way back knows nothing of it. */
function refuseMigration(name: string, service: Service, { kind, because }: KindOf): void {
  const word = kind === 'job' && because !== LABELLED ? migrationIn(name, service) : undefined
  if (word === undefined) return
  throw new UsageError(
    `services.${name} is a job that seems to migrate a database (${word}): it would run without a backup, and nothing would ` +
      'guard the way back. Take it out of the deploy (`profiles: [by-hand]`, and no depends_on leads to it) and give its command ' +
      'to run-migrations; or, if the release before can always run on what it does, label it estiba.kind: job',
  )
}

function describeService(
  name: string,
  model: ComposeModel,
  { kind, because }: KindOf,
  beside: boolean,
): ManifestService {
  const service = model.services[name] ?? {}
  refuseMigration(name, service, { kind, because })
  if (service.image === undefined) throw new UsageError(`services.${name} has neither an image nor a build section`)
  if (kind !== 'data' && service.container_name !== undefined)
    throw new UsageError(
      `services.${name}.container_name: the new container is made beside the old one, so the name can't be fixed; ` +
        `remove the line and use \`docker compose exec ${name}\` in the stack's folder \`current\``,
    )
  const monitor = parseGrace(service.deploy?.update_config?.monitor ?? '0s')
  const assets = assetsOf(name, service, kind)
  return {
    kind,
    kindBecause: because,
    beside,
    definition: definitionOf(service, model),
    image: service.image,
    replicas: replicas(service),
    restart: restartPolicy(service),
    ...(monitor > 0 && { monitor }),
    stopGrace: parseGrace(service.stop_grace_period),
    dependsOn: Object.keys(service.depends_on ?? {}),
    ...holdingsOf(service, kind, model),
    ...(assets.length > 0 && { assets }),
  }
}

/** Seconds of a Compose duration such as `1m30s`; 10 where none is given, which is the engine's own. */
export function parseGrace(text = '10s'): number {
  const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001, us: 1e-6 }
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|us|h|m|s)/g)]
  return Math.ceil(parts.reduce((sum, [, count, unit = 's']) => sum + Number(count) * (units[unit] ?? 0), 0))
}

/**
 * What starts beside the old: web services that are switched; and, needing nothing which takes turns, jobs, and workers of which
 * the team says that two may run.
 */
function besideOld(
  { services }: ComposeModel,
  kinds: ReadonlyMap<string, Kind>,
  switched: readonly string[],
): ReadonlySet<string> {
  const isBeside = (name: string): boolean =>
    switched.includes(name) || (mayRunTwice(name) && needs(name).every(isThere))
  const mayRunTwice = (name: string): boolean => {
    const { labels, deploy } = services[name] ?? {}
    if (kinds.get(name) === 'worker') return deploy?.update_config?.order === 'start-first'
    // What only its name tells a job is not run beside anything.
    return kinds.get(name) === 'job' && (labels?.['estiba.kind'] === 'job' || awaited(name, {}, services) !== undefined)
  }
  const isThere = (name: string): boolean => !isReplaced(kinds.get(name)) || isBeside(name)
  const needs = (name: string): readonly string[] => Object.keys(services[name]?.depends_on ?? {})
  return new Set(Object.keys(services).filter(isBeside))
}

/**
 * Layers by `depends_on`; a circle is Compose's to refuse. Data is not in it, since it always runs. What starts beside the old
 * comes first, for it proves the image, and edges last: a proxy that looks names up when it starts must find them.
 */
function startOrder(services: Readonly<Record<string, ManifestService>>): readonly (readonly string[])[] {
  const namesOf = (is: (service: ManifestService) => boolean) =>
    Object.entries(services).flatMap(([name, service]) => (is(service) ? [name] : []))
  const edges = namesOf(({ kind }) => kind === 'edge').sort()
  return [
    ...layers(
      namesOf(({ beside }) => beside),
      services,
    ),
    ...layers(
      namesOf(({ kind, beside }) => isReplaced(kind) && !beside),
      services,
    ),
    ...(edges.length > 0 ? [edges] : []),
  ]
}

function layers(names: readonly string[], services: Readonly<Record<string, ManifestService>>): readonly string[][] {
  const waiting = new Set(names)
  const result: string[][] = []
  while (waiting.size > 0) {
    const ready = [...waiting].filter((name) => services[name]?.dependsOn.every((other) => !waiting.has(other)))
    const layer = ready.length > 0 ? ready : [...waiting]
    result.push(layer.sort())
    for (const name of layer) waiting.delete(name)
  }
  return result
}
