import { definitionOf } from '../compose/definition.ts'
import { type Kind, kindOf } from '../compose/kinds.ts'
import { type ComposeModel, replicas, repositoryOf, restartPolicy, type Service } from '../compose/model.ts'
import { UsageError } from '../errors.ts'
import type { BuiltImages } from './images.ts'
import type { Manifest, ManifestService } from './manifest.ts'

/** An immutable release, ready to be staged on a host. */
export interface Release {
  readonly manifest: Manifest
  /** The resolved compose file with everything that a release adds; absolute paths of the host. */
  readonly compose: ComposeModel
}

export interface ReleaseName {
  readonly id: string
  readonly version: string
  readonly commit: string
}

/** Puts the built digests in place of tags, for every service that names one of the built repositories. */
export function pinImages(model: ComposeModel, images: BuiltImages): ComposeModel {
  const byRepository = new Map(Object.values(images).map((image) => [image.repository, image]))
  const pinned = Object.entries(model.services).map(([name, service]): [string, Service] => {
    const image = images[name] ?? byRepository.get(repositoryOf(service.image ?? ''))
    if (!image && service.build !== undefined)
      throw new UsageError(
        `services.${name} has a build section, but the input images says nothing of it; give the output \`images\` of build-and-push`,
      )
    const { build, ...rest } = service
    return [name, image ? { ...rest, image: `${image.repository}@${image.digest}` } : rest]
  })
  return { ...model, services: Object.fromEntries(pinned) }
}

/** Completes a resolved, pinned and placed compose model to a release. */
export function makeRelease(model: ComposeModel, name: ReleaseName): Release {
  const services = Object.fromEntries(
    Object.entries(model.services).map(([service, text]) => [service, describeService(service, text, model)]),
  )
  const labelled = Object.entries(model.services).map(([service, text]): [string, Service] => {
    const described = services[service]
    // The text of data services stays as the user wrote it: a label would recreate them.
    if (described === undefined || described.kind === 'data') return [service, text]
    return [service, { ...text, labels: { ...text.labels, 'estiba.definition': described.definition } }]
  })
  return {
    manifest: { format: 1, ...name, services, order: startOrder(services) },
    compose: { ...model, services: Object.fromEntries(labelled) },
  }
}

function describeService(name: string, service: Service, model: ComposeModel): ManifestService {
  const kind = kindOf(name, service)
  if (typeof kind === 'string') throw new UsageError(kind)
  if (service.image === undefined) throw new UsageError(`services.${name} has neither an image nor a build section`)
  if (kind.kind !== 'data' && service.container_name !== undefined)
    throw new UsageError(
      `services.${name}.container_name: the new container is made beside the old one, so the name can't be fixed; ` +
        `remove the line and use \`docker compose exec ${name}\` in the stack's folder \`current\``,
    )
  return {
    kind: kind.kind,
    kindBecause: kind.because,
    definition: definitionOf(service, model),
    image: service.image,
    replicas: replicas(service),
    restart: restartPolicy(service),
    stopGrace: parseGrace(service.stop_grace_period),
    dependsOn: Object.keys(service.depends_on ?? {}),
    mounts: mountsOf(service),
  }
}

function mountsOf(service: Service): readonly string[] {
  return (service.volumes ?? [])
    .filter(({ type }) => type === 'bind' || type === 'volume')
    .map(({ source = '', target }) => `${source}:${target}`)
    .sort()
}

/** Seconds of a Compose duration such as `1m30s`; 10 where none is given, which is the engine's own. */
export function parseGrace(text = '10s'): number {
  const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001, us: 1e-6 }
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|us|h|m|s)/g)]
  return Math.ceil(parts.reduce((sum, [, count, unit = 's']) => sum + Number(count) * (units[unit] ?? 0), 0))
}

/**
 * Layers by `depends_on`; a circle is Compose's to refuse. Data is not in it, since it always runs, and edges come last: a
 * proxy that looks names up when it starts must find them.
 */
function startOrder(services: Readonly<Record<string, ManifestService>>): readonly (readonly string[])[] {
  const ofKind = (kind: Kind) => Object.keys(services).filter((name) => services[name]?.kind === kind)
  const waiting = new Set(ofKind('app'))
  const layers: string[][] = []
  while (waiting.size > 0) {
    const ready = [...waiting].filter((name) => services[name]?.dependsOn.every((other) => !waiting.has(other)))
    const layer = ready.length > 0 ? ready : [...waiting]
    layers.push(layer.sort())
    for (const name of layer) waiting.delete(name)
  }
  const edges = ofKind('edge').sort()
  return edges.length > 0 ? [...layers, edges] : layers
}
