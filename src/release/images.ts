/** What `build-and-push` hands on for one service. */
export interface BuiltImage {
  readonly repository: string
  /** `sha256:…`, as the registry serves it. */
  readonly digest: string
  /** Compressed bytes of its layers by platform, as `linux/amd64`; absent where nobody looked. */
  readonly platforms?: Readonly<Record<string, number>>
}

export type BuiltImages = Readonly<Record<string, BuiltImage>>

/** Parses the JSON of `build-and-push`'s output `images`. Returns the problem as a string when it is something else. */
export function parseImages(text: string): BuiltImages | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'is not JSON; give the output `images` of build-and-push as it is'
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'write an object: service -> {"repository": …, "digest": "sha256:…"}'
  for (const [service, image] of Object.entries(value)) {
    const { repository, digest } = (image ?? {}) as Partial<BuiltImage>
    if (typeof repository !== 'string' || repository === '') return `${service} has no "repository"`
    if (typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest))
      return `${service} has no "digest" of the form sha256:<64 hex digits>; a tag may move, a release may not`
  }
  return value as BuiltImages
}
