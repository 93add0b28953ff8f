import { parseImages, type BuiltImages } from '../release/images.ts'

/**
 * What was confirmed on an environment, kept as the payload of a GitHub deployment. Deployments of others in the same
 * environment are told apart by the task.
 */
export interface DeploymentRecord {
  readonly images: BuiltImages
  /** The release's name on the host. */
  readonly release: string
  readonly version: string
}

export const TASK = 'deploy:estiba'

/** Raised when the payload changes its shape, so that a promotion never misreads an older one. */
const FORMAT = 1

export function formatRecord(record: DeploymentRecord): Readonly<Record<string, unknown>> {
  return { estiba: FORMAT, ...record }
}

/** Undefined for a payload that is not ours, or of another format. */
export function parseRecord(payload: unknown): DeploymentRecord | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined
  const { estiba, images, release, version } = payload as Readonly<Record<string, unknown>>
  if (estiba !== FORMAT || typeof release !== 'string' || typeof version !== 'string') return undefined
  const built = parseImages(JSON.stringify(images ?? null))
  return typeof built === 'string' ? undefined : { images: built, release, version }
}
