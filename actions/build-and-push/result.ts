import { formatDuration } from '../../src/runner/duration.ts'
import type { Platforms } from '../../src/image/platforms.ts'
import { formatTable } from '../../src/runner/markdown.ts'
import type { BuildPlan } from './plan.ts'

/** An image as later steps are told of it; `repository@digest` is what to deploy. */
export interface BuiltImage {
  readonly repository: string
  /** `sha256:...` of what the registry serves: the index if there is one. */
  readonly digest: string
  readonly tags: readonly string[]
  /** Compressed bytes by platform, as `linux/amd64`: what preflight holds against the host. */
  readonly platforms?: Platforms
}

/** By service. Services that run one image have equal entries. */
export type BuiltImages = Readonly<Record<string, BuiltImage>>

/** @param digests by target; without a push there are none */
export function builtImages({ targets, tags }: BuildPlan, digests: ReadonlyMap<string, string>): BuiltImages {
  const entries = targets.flatMap(({ name, repository, services }) => {
    const digest = digests.get(name)
    if (digest === undefined) return []
    return services.map((service): [string, BuiltImage] => [service, { repository, digest, tags }])
  })
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** @param seconds how long build and push took, all images together: they are built side by side */
export function formatSummary(plan: BuildPlan, digests: ReadonlyMap<string, string>, seconds: number): string {
  const rows = plan.targets.map(({ name, repository, services }) => [
    services.join(', '),
    repository,
    plan.tags.join(', '),
    digests.get(name) ?? 'not pushed',
  ])
  return [
    `### Images of ${plan.version}`,
    '',
    formatTable(['Service', 'Image', 'Tags', 'Digest'], rows),
    '',
    `${plan.push ? 'Built and pushed' : 'Built, not pushed,'} in ${formatDuration(seconds)}.`,
  ].join('\n')
}
