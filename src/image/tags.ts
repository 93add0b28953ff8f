import { major, minor, parse } from 'semver'

/** What is being built. */
export interface Revision {
  /** The commit, 40 hexadecimal digits. */
  readonly sha: string
  /** The ref that points at this commit, `refs/heads/main`; undefined when none is known to. */
  readonly ref: string | undefined
}

/** The tags of one build, most telling first, and which of them names the version. */
export interface ImageTags {
  readonly tags: readonly string[]
  readonly version: string
}

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const TAG = /^\w[\w.-]{0,127}$/

const isTag = (text: string): boolean => TAG.test(text)

/**
 * Tags for a revision. The commit always gives `sha-<12 digits>` and the full hash; then by ref:
 *
 *     refs/tags/v1.2.3         1.2.3, 1.2, 1
 *     refs/tags/v0.4.1         0.4.1, 0.4          0.x promises nothing across its minor versions
 *     refs/tags/v1.2.3-rc.1    1.2.3-rc.1          a pre-release moves no tag that others follow
 *     refs/tags/nightly        nightly
 *     refs/heads/feature/a     feature-a
 *     refs/pull/7/merge        pr-7
 */
export function tagsOf({ sha, ref }: Revision): ImageTags {
  const short = `sha-${sha.slice(0, 12)}`
  const named = ref === undefined ? [] : refTags(ref)
  return { tags: [...new Set([...named, short, sha])], version: named[0] ?? short }
}

/** The tags that the author wrote, in place of ours. Returns the problem as a string when one is no tag. */
export function givenTags(tags: readonly string[]): ImageTags | string {
  const wrong = tags.find((tag) => !isTag(tag))
  if (wrong !== undefined)
    return `"${wrong}" is not a tag: write letters, digits, dots, dashes and underscores, at most 128, no registry or name`
  return { tags: [...new Set(tags)], version: tags[0] ?? '' }
}

function refTags(ref: string): readonly string[] {
  const [, kind, name = ''] = /^refs\/(heads|tags|pull)\/(.+)$/.exec(ref) ?? []
  if (kind === 'tags') return versionTags(name)
  if (kind === 'pull') return sanitized(`pr-${name.split('/')[0] ?? ''}`)
  return kind === 'heads' ? sanitized(name) : []
}

function versionTags(name: string): readonly string[] {
  const version = parse(name)
  if (version === null) return sanitized(name)
  const build = version.build.length > 0 ? `-${version.build.join('.')}` : ''
  const full = sanitized(`${version.version}${build}`)
  if (version.prerelease.length > 0) return full
  const line = `${major(version)}.${minor(version)}`
  return [...full, line, ...(major(version) > 0 ? [String(major(version))] : [])]
}

/** What a tag may not hold becomes a dash; a name of which nothing is left gives no tag. */
function sanitized(name: string): readonly string[] {
  const tag = name
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 128)
  return isTag(tag) ? [tag] : []
}
