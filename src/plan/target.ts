import { UsageError } from '../errors.ts'
import { confirmedReleases, whatMadeLive } from '../ledger/ledger.ts'
import type { Manifest } from '../release/manifest.ts'
import { imageAsListed } from '../stack/image-list.ts'
import { liveRelease, type Observation } from '../stack/observation.ts'

/** What a rollback leads to: a release, or nothing because it has been done already. */
export type RollbackTarget =
  { readonly kind: 'release'; readonly release: Manifest } | { readonly kind: 'nothing to do'; readonly why: string }

/**
 * Finds the release to go back to: by name, version or commit, or the confirmed one before the live one. Never by time: a
 * failed deploy in between does not count, and a repeat changes nothing.
 */
export function rollbackTarget(observation: Observation, to: string | undefined): RollbackTarget {
  const live = liveRelease(observation)
  if (!live && observation.ledger.at(-1)?.action === 'removal')
    throw new UsageError(
      'this stack was removed from the host, its releases with it; deploy the version that is to serve',
    )
  if (!live)
    throw new UsageError('no release of this stack was ever confirmed on this host; there is nothing to go back to')
  // What serves then is not the release that was confirmed last, and the database may be ahead of it.
  const isStuck = observation.ledger.at(-1)?.result === 'stuck'
  if (to === undefined && isStuck)
    throw new UsageError(
      `the last transaction is stuck; see what runs and whether the database fits, then name a release with \`to\`: ${choices(observation)}`,
    )
  if (to === undefined) return before(live, observation)
  const release = named(to, observation)
  if (release.id === live.id && !isStuck)
    return { kind: 'nothing to do', why: `${live.id} is the live release already` }
  return { kind: 'release', release }
}

function before(live: Manifest, observation: Observation): RollbackTarget {
  const madeLive = whatMadeLive(observation.ledger, live.id)
  if (madeLive?.action === 'rollback')
    return {
      kind: 'nothing to do',
      why: `${live.id} is live because of a rollback from ${madeLive.from}; to go further back, name a release with \`to\`: ${choices(observation)}`,
    }
  const release = observation.releases.find(({ id }) => id === madeLive?.from)
  if (release) return { kind: 'release', release }
  throw new UsageError(
    madeLive?.from
      ? `the release before the live one, ${madeLive.from}, is no longer on this host; name one with \`to\`: ${choices(observation)}`
      : `${live.id} is the first release on this host; there is none before it`,
  )
}

function named(to: string, observation: Observation): Manifest {
  const confirmed = confirmedReleases(observation.ledger)
  const matching = confirmed.flatMap((id) => observation.releases.find((release) => release.id === id) ?? [])
  const release = matching.find(
    ({ id, version, commit }) => id === to || version === to || (to.length >= 7 && commit.startsWith(to)),
  )
  if (!release) throw new UsageError(`to: "${to}" is not on this host; there are: ${choices(observation)}`)
  return release
}

/** The confirmed releases that are really there, latest first. */
function choices(observation: Observation): string {
  const there = confirmedReleases(observation.ledger).flatMap(
    (id) => observation.releases.find((release) => release.id === id) ?? [],
  )
  const described = there.map((release) => {
    if (release.id === observation.current) return `${release.id} (live)`
    return missingImages(release, observation).length > 0 ? `${release.id} (its images are gone)` : release.id
  })
  return described.join(', ') || 'none'
}

/** Images that a release needs and the host no longer has; a rollback asks no registry. */
export function missingImages(release: Manifest, { images }: Observation): readonly string[] {
  const needed = Object.values(release.services).map(({ image }) => image)
  return [...new Set(needed.filter((image) => !images.has(imageAsListed(image))))]
}
