/** https://docs.docker.com/reference/cli/docker/buildx/build/#metadata-file, one entry a target. */
type BakeMetadata = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>

const DIGEST = /^sha256:[0-9a-f]{64}$/

/**
 * Reads the digest that each target was pushed under from what buildx wrote. With attestations it is that of the index,
 * which is what a host must pull. Returns the problem as a string when a target has none.
 */
export function parseDigests(text: string, targets: readonly string[]): ReadonlyMap<string, string> | string {
  const metadata = readObject(text)
  if (metadata === undefined) return 'buildx wrote metadata that is not a JSON object'
  const digests = new Map<string, string>()
  for (const target of targets) {
    const digest = metadata[target]?.['containerimage.digest']
    if (typeof digest !== 'string' || !DIGEST.test(digest)) return `buildx names no digest for ${target}`
    digests.set(target, digest)
  }
  return digests
}

function readObject(text: string): BakeMetadata | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as BakeMetadata) : undefined
  } catch {
    return undefined
  }
}
