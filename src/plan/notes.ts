import type { Manifest } from '../release/manifest.ts'
import type { Observation } from '../stack/observation.ts'
import { missingAssets } from './assets.ts'
import { BY_HAND, type Change, isJob, isOfTheSet } from './changes.ts'
import { aliveOf, edgesOf } from './steps.ts'
import { names } from './words.ts'

/**
 * What the reader of a plan must know and can't see in its steps.
 *
 * @param gone how many services the release no longer has
 */
export function notesOn(
  { to, observation }: { readonly to: Manifest; readonly observation: Observation },
  changes: readonly Change[],
  changed: readonly Change[],
  gone: number,
): readonly string[] {
  if (changed.length + gone === 0) return [quiet(changes, observation.kept.length > 0)]
  return [
    ...(changes.some(({ because }) => because.includes('taken over')) ? [takenOver(changed, to)] : []),
    ...madeByHand(changed),
    ...changed.filter(isJob).map((job) =>
      jobNote(
        job,
        changes.some(({ running }) => running.length > 0),
      ),
    ),
    ...(to.plainBecause === undefined || !changed.some(isOfTheSet)
      ? []
      : [`old and new take turns, with a gap between them, because ${to.plainBecause}`]),
    ...missingAssets(changed, observation),
  ]
}

function quiet(changes: readonly Change[], isSomethingKept: boolean): string {
  const isTidied = changes.some(({ idle }) => idle.length > 0)
  const other = isTidied || changes.some(({ joins }) => joins) ? 'else ' : ''
  return `nothing ${other}changed: no container ${isTidied || isSomethingKept ? 'that runs ' : ''}is touched`
}

/** Who did it will wonder where it went. */
function madeByHand(changes: readonly Change[]): readonly string[] {
  const made = changes.filter(({ because }) => because.startsWith(BY_HAND))
  if (made.length === 0) return []
  return [
    `${names(made)}: somebody ran \`docker compose up\` elsewhere than in the folder \`current\` of the stack, which replaced what was ` +
      'deployed; this deploy brings the release back. In `current`, with --no-recreate, the same command does no harm',
  ]
}

/** What it costs, this once. */
function takenOver(changed: readonly Change[], { slots }: Manifest): string {
  const replaced = aliveOf(edgesOf(changed)).filter(({ name }) => slots?.edges.includes(name))
  const gap =
    replaced.length === 0
      ? ''
      : `. Visitors are turned away while ${names(replaced)} is replaced; and, should the release be taken back after that, while it trades places again`
  return `this stack was started by hand: its services are replaced once, its data services stay as they run${gap}`
}

function jobNote({ name, service }: Change, isServing: boolean): string {
  const when = !isServing
    ? 'before anything serves'
    : service.beside
      ? 'while the old release still serves'
      : 'in its turn'
  return `${name} runs ${when}, and what it has done stays when the release goes back; to have a migration rehearsed and guarded, leave it to run-migrations`
}
