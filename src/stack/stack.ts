/** One Compose project on a host, with a folder of its own there. */
export interface Stack {
  /** The Compose project's name. */
  readonly name: string
  /** Absolute path of its folder on the host, without a slash at the end. */
  readonly path: string
}

const NAME = /^[a-z0-9][a-z0-9_-]*$/
const PATH = /^(\/[A-Za-z0-9._@-]+)+$/

/** Checks a Compose project name; returns what is wrong. https://docs.docker.com/reference/compose-file/version-and-name/ */
export function problemOfName(name: string): string | undefined {
  return NAME.test(name)
    ? undefined
    : `write a Compose project name (lowercase letters, digits, - and _; a letter or digit first), not "${name}"`
}

/** Checks the folder of a stack; returns what is wrong. */
export function problemOfPath(path: string): string | undefined {
  if (!path.startsWith('/')) return `write an absolute path such as /srv/shop, not "${path}"`
  return PATH.test(path) && !path.split('/').includes('..')
    ? undefined
    : `use letters, digits and . _ @ - between the slashes, without a slash at the end, not "${path}"`
}
