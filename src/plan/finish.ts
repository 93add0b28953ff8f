import { confirmedReleases } from '../ledger/ledger.ts'
import type { Manifest } from '../release/manifest.ts'
import type { Observation } from '../stack/observation.ts'
import { quote } from '../command/command.ts'
import { imageAsListed } from '../stack/image-list.ts'
import { type Change, isJob, isOfTheSet } from './changes.ts'
import { drainSlot } from './drain.ts'
import { allGone, type Gone } from './gone.ts'
import type { Layout } from './layout.ts'
import type { Unnumbered } from './plan.ts'
import { lasting, toldOf } from './steps.ts'
import { definitions, keepAlive, names, words } from './words.ts'

export interface FinishRequest {
  readonly to: Manifest
  readonly observation: Observation
  /** How many confirmed releases stay on the host. */
  readonly keep: number
  /** The edges that are switched. */
  readonly switched: readonly string[]
  /** Seconds that visitors' connections with the old release have to end. */
  readonly drain: number
  readonly layout: Layout
  readonly changes: readonly Change[]
  readonly gone: Gone
  /** Whether the edges have got another configuration. */
  readonly edgeChanged: boolean
  /** Whether one service went after the other. */
  readonly isRolling: boolean
}

/** What follows the commit: it can only be completed. */
export function finishSteps(request: FinishRequest, changed: readonly Change[]): Unnumbered[] {
  const fromNowOn = lasting(changed)
  // Of a job that is left, the run of the later release is no part of this one.
  const leftJobs = request.changes.filter((change) => change.action === 'leave' && isJob(change))
  const replaced = [...changed, ...(changed.length > 0 ? leftJobs : [])].filter(({ action }) => action !== 'create')
  const gone = allGone(request.gone)
  const old = [...replaced, ...gone]
  const idle = request.changes.filter((change) => change.idle.length > 0)
  const grace = Math.max(10, ...[...changed, ...gone].map(({ service }) => service.stopGrace))
  const step = (title: string, because: string, run: string): Unnumbered => ({
    title,
    because,
    run,
    reversibility: 'irreversible',
    deadline: grace + 60,
  })
  return [
    step('point current to the release', 'it is confirmed', `point_current ${quote(request.layout.to)}`),
    ...settleEdge(request, changed).map((run) =>
      step('lead the edge to the release alone', 'the old slot answers for it no more', run),
    ),
    ...(fromNowOn.length > 0
      ? [
          step(
            'give the new containers their restart policy',
            'from now on the engine keeps them alive',
            keepAlive(fromNowOn),
          ),
        ]
      : []),
    ...hold(request).map((run) =>
      step('hold the images of the release', 'a prune on the host leaves them, and with them the way back', run),
    ),
    ...(old.length > 0
      ? [
          drained(
            request,
            step(
              gone.length > 0
                ? `stop and remove the old containers, and all of ${names(gone)}`
                : 'stop and remove the old containers',
              `the way back now leads through the release${gone.length > 0 ? ', which has those no more' : ''}`,
              `remove_old ${definitions(old)}`,
            ),
          ),
        ]
      : []),
    ...(request.isRolling && request.layout.variant === 'a'
      ? [step('have the new containers in slot a alone', 'nobody asks them in slot b any more', 'part_slots')]
      : []),
    ...(idle.length > 0
      ? [
          step(
            `remove what is left over of ${names(idle)}`,
            'it does not run, and beside it enough does',
            words(
              'remove_idle',
              idle.map(({ name }) => name),
            ),
          ),
        ]
      : []),
    ...(request.edgeChanged
      ? [step('forget what the edges no longer have', 'nothing mounts it any more', 'tidy_edge')]
      : []),
    ...forget(request).map(([because, run]) => step('forget old releases', because, run)),
  ]
}

/** Whoever is still served by the old slot has his time. */
function drained(
  { to: { slots }, layout: { live, variant }, switched, drain }: FinishRequest,
  step: Unnumbered,
): Unnumbered {
  if (slots === undefined || live === undefined || live === variant) return step
  return {
    ...step,
    run: `${drainSlot({ slots, switched, drain }, live)} && ${step.run}`,
    deadline: step.deadline + drain + 10,
  }
}

/** Before the old containers go, the edge stops to fall back on them. */
function settleEdge({ layout, changes, switched }: FinishRequest, changed: readonly Change[]): readonly string[] {
  if (layout.variant === 'plain' || !changed.some(isOfTheSet)) return []
  const edges = toldOf(changes, { switched })
  return [[`switch_edge ${layout.variant}`, 'await_engine', words('see_edge', [layout.variant, ...edges])].join(' && ')]
}

/**
 * A tag for each image by digest that has none yet, of this release and of the others that stay: an earlier version of ours may
 * have left them without.
 */
function hold(request: FinishRequest): readonly string[] {
  const { to, observation } = request
  const kept = keptBy(request)
  const held = new Set([...observation.images].map((image) => image.replace(HELD, '')))
  const tags = [to, ...observation.releases.filter(({ id }) => id !== to.id && kept.has(id))].flatMap((release) =>
    Object.entries(release.services).flatMap(([name, { image }]) => {
      const tag = `${name}.${release.id}`
      const isThere = release === to || observation.images.has(imageAsListed(image))
      return image.includes('@') && isThere && !held.has(tag) ? [`${image}=${tag}`] : []
    }),
  )
  return tags.length === 0 ? [] : [words('hold_images', tags)]
}

/** What stands before the service and the release in such a tag, with the name of the stack. */
const HELD = /^estiba\.invalid\/held:[^.]*\./

/** The confirmed releases that stay on the host. */
export function keptBy({
  to,
  observation,
  keep,
}: Pick<FinishRequest, 'to' | 'observation' | 'keep'>): ReadonlySet<string> {
  const kept = new Set([to.id, ...confirmedReleases(observation.ledger).filter((id) => id !== to.id)].slice(0, keep))
  return observation.current === undefined ? kept : kept.add(observation.current)
}

/** Releases beyond the kept ones, and the images that only they use. */
function forget(request: FinishRequest): [because: string, run: string][] {
  const { to, observation, keep } = request
  const kept = keptBy(request)
  const old = observation.releases.filter(({ id }) => !kept.has(id))
  if (old.length === 0) return []
  const imagesOf = (manifests: readonly Manifest[]) =>
    manifests.flatMap(({ services }) =>
      Object.values(services).flatMap(({ image }) => (image.includes('@') ? [image] : [])),
    )
  const stillUsed = new Set(imagesOf([to, ...observation.releases.filter(({ id }) => kept.has(id))]))
  const images = [...new Set(imagesOf(old))].filter((image) => !stillUsed.has(image))
  return [
    [
      `the last ${keep} are kept`,
      `${words(
        'forget_releases',
        old.map(({ id }) => id),
      )} && forget_files && ${words(
        'let_go',
        old.map(({ id }) => id),
      )}`,
    ],
    ...(images.length > 0
      ? [['no kept release uses their images', words('forget_images', images)] as [string, string]]
      : []),
  ]
}
