/** What is known of an image; what is not known is left out, not made up. */
export interface Origin {
  /** The page of the repository. */
  readonly source?: string
  /** The commit. */
  readonly revision?: string
  readonly version?: string
  /** When the commit was made, ISO 8601: the time of the build would give each build another digest. */
  readonly created?: string
}

/**
 * The labels of https://github.com/opencontainers/image-spec/blob/main/annotations.md. Those that the compose file sets
 * itself win.
 */
export function labelsOf(
  origin: Origin,
  title: string,
  own: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const known = Object.entries({ title, ...origin }).map(([name, value]) => [`org.opencontainers.image.${name}`, value])
  return { ...(Object.fromEntries(known) as Record<string, string>), ...own }
}
