import type { Kind } from '../compose/kinds.ts'
import type { Slots } from '../edge/slots.ts'
import type { Holdings } from './holdings.ts'

/** What a release is, beside its compose file: `releases/<id>/manifest.json`. */
export interface Manifest {
  readonly format: 3
  readonly id: string
  /** As people call it: a tag, a branch build, a commit. */
  readonly version: string
  readonly commit: string
  readonly services: Readonly<Record<string, ManifestService>>
  /** Services that a release replaces, in layers: each may be started when the ones before are healthy. */
  readonly order: readonly (readonly string[])[]
  /** Where its web services are in either slot; undefined: old and new take turns, for the reason beside it. */
  readonly slots?: Slots & {
    /** Of the edges' configuration, generated and the team's own. */
    readonly edgeHash: string
    /** Of what of it is the team's own; a release of an earlier version has none. */
    readonly ownHash?: string
    /** The edges that are switched; others of the kind take no part. */
    readonly edges: readonly string[]
    /** Whether they let who has the token of a transaction ask a slot that they do not lead to. */
    readonly lets?: boolean
  }
  readonly plainBecause?: string
  /** Where given, one web service after the other goes to the other slot; else all at once. */
  readonly strategy?: 'rolling'
}

export interface ManifestService extends Holdings {
  readonly kind: Kind
  readonly kindBecause: string
  /** Whether it starts while what it replaces still serves; else the two take turns. */
  readonly beside: boolean
  readonly definition: string
  readonly image: string
  readonly replicas: number
  /** The engine's restart policy once the release is confirmed. */
  readonly restart: string
  /** Seconds that it must have run well before the release is confirmed, where the team says so. */
  readonly monitor?: number
  /** Seconds that the engine waits between SIGTERM and SIGKILL. */
  readonly stopGrace: number
  readonly dependsOn: readonly string[]
  /** Folders in its containers whose files outlive the release; none where it is not given. */
  readonly assets?: readonly string[]
}

/**
 * The name of a release: when it was made and what it is, in characters that are safe in paths and labels.
 * `20261121-233000-v1.2.3`.
 */
export function releaseId(version: string, at: Date): string {
  const [date = '', time = ''] = at.toISOString().split('T')
  const slug = version.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, 60)
  return `${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${slug}`
}

/** The digest of each service's image, `sha256:…`; a service whose image has none is left out. */
export function imageDigests({ services }: Pick<Manifest, 'services'>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(services).flatMap(([name, { image }]) => {
      const digest = image.split('@')[1]
      return digest === undefined ? [] : [[name, digest]]
    }),
  )
}

/** Parses a manifest that a host has; undefined for one of a format that this version does not know. */
export function parseManifest(text: string): Manifest | undefined {
  const manifest = JSON.parse(text) as Omit<Manifest, 'format'> & { readonly format: number }
  return manifest.format === 3 ? { ...manifest, format: 3 } : undefined
}
