import { bakeOf } from '../../src/image/bake.ts'
import type { Bake } from '../../src/image/bake.ts'
import type { Commit } from '../../src/image/docker.ts'
import { UsageError } from '../../src/errors.ts'
import type { Project } from '../../src/image/project.ts'
import { registryOf } from '../../src/image/reference.ts'
import { tagsOf } from '../../src/image/tags.ts'
import type { ImageTags } from '../../src/image/tags.ts'
import { findTargets } from '../../src/image/target.ts'
import type { Target } from '../../src/image/target.ts'
import type { JobContext } from '../../src/runner/job.ts'
import type { Inputs } from './inputs.ts'

/** All that is decided before the first effect. */
export interface BuildPlan extends ImageTags {
  readonly targets: readonly Target[]
  readonly bake: Bake
  readonly push: boolean
  readonly registry: string | undefined
  /** What the reader should know about how this came about. */
  readonly remarks: readonly string[]
}

export interface Observed {
  readonly project: Project
  /** What is checked out, undefined if Git can't tell. */
  readonly commit: Commit | undefined
}

type Wishes = Pick<Inputs, 'imagePrefix' | 'tags' | 'push' | 'login'>

export function planBuild(wishes: Wishes, { project, commit }: Observed, context: JobContext): BuildPlan {
  const targets = findTargets(project, wishes.imagePrefix)
  if (targets.length === 0)
    throw new UsageError('No service of the compose files has a build section: there is nothing to build.')
  const sha = commit?.sha ?? context.sha
  const isRunsCommit = sha === context.sha
  if (sha === '' && wishes.tags === undefined)
    throw new UsageError('Neither Git nor the run says which commit this is. Check the repository out, or set tags.')
  const { tags, version } = wishes.tags ?? tagsOf({ sha, ref: isRunsCommit ? context.ref : undefined })
  const origin = {
    ...(context.repository !== '' && { source: sourceOf(context) }),
    ...(sha !== '' && { revision: sha }),
    version,
    ...(commit !== undefined && { created: commit.committed }),
  }
  return {
    targets,
    tags,
    version,
    bake: bakeOf(project, targets, { tags, origin, push: wishes.push }),
    push: wishes.push,
    registry: wishes.login?.registry,
    remarks: [
      ...(isRunsCommit ? [] : [`Commit ${sha} is checked out, not that of the run: no tags from branch or version.`]),
      ...unusedLogin(wishes, targets),
    ],
  }
}

/** The plan as the log shows it. */
export function formatPlan({ targets, tags, push, registry, remarks }: BuildPlan): string {
  const verb = push ? 'Build and push' : 'Build, without pushing,'
  return [
    `${verb} ${targets.length === 1 ? '1 image' : `${targets.length} images`} in one graph:`,
    ...targets.map(({ repository, services }) => `  ${repository}, run by ${services.join(', ')}`),
    `Tags: ${tags.join(', ')}`,
    ...(registry === undefined ? [] : [`Log in to ${registry} first, for this step only.`]),
    ...remarks,
  ].join('\n')
}

function sourceOf({ runUrl }: JobContext): string {
  return runUrl.split('/actions/runs/')[0] ?? ''
}

function unusedLogin({ login, push }: Wishes, targets: readonly Target[]): readonly string[] {
  if (login === undefined || !push || targets.some(({ repository }) => registryOf(repository) === login.registry))
    return []
  return [`None of the images goes to ${login.registry}, where this logs in.`]
}
