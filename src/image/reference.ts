/** The name of an image as a compose file has it: `[registry/]path[:tag][@digest]`. */
export interface Reference {
  /** With the registry as written, without tag: `ghcr.io/acme/api`. */
  readonly repository: string
  readonly tag?: string
  readonly digest?: string
}

/** The grammar of https://pkg.go.dev/github.com/distribution/reference, as far as names that can be pushed go. */
const HOST = String.raw`(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9A-Fa-f:]+\])`
const SEGMENT = String.raw`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`
const REPOSITORY = String.raw`(?:${HOST}(?::\d+)?/)?${SEGMENT}(?:/${SEGMENT})*`
const REFERENCE = new RegExp(
  `^(?<repository>${REPOSITORY})(?::(?<tag>[\\w][\\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$`,
)

/** Parses the name of an image. Returns the problem as a string when it can't. */
export function parseReference(text: string): Reference | string {
  const { repository, tag, digest } = REFERENCE.exec(text)?.groups ?? {}
  if (repository === undefined)
    return text !== text.toLowerCase()
      ? `"${text}" is not the name of an image: repositories are written in lower case`
      : `"${text}" is not the name of an image, like ghcr.io/acme/api`
  return { repository, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) }
}

/** Two references that mean the same image: `redis` and `docker.io/library/redis:latest`. */
export function isSameImage(one: Reference, other: Reference): boolean {
  return full(one) === full(other)
}

function full({ repository, tag = 'latest', digest = '' }: Reference): string {
  return `${withRegistry(repository)}:${tag}@${digest}`
}

/** The registry that serves a repository; a first part without dot, colon or `localhost` is a path on Docker Hub. */
export function registryOf(repository: string): string {
  const [first = '', ...rest] = repository.split('/')
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : 'docker.io'
}

function withRegistry(repository: string): string {
  if (registryOf(repository) !== 'docker.io') return repository
  const path = repository.replace(/^docker\.io\//, '')
  return `docker.io/${path.includes('/') ? path : `library/${path}`}`
}
