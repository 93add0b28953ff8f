import type { WebAddress } from '../edge/slots.ts'
import type { Manifest } from '../release/manifest.ts'
import { liveRelease, type Observation } from '../stack/observation.ts'

interface Moved {
  readonly name: string
  readonly was: WebAddress
  readonly now: WebAddress
}

/** Web services that have another port or number of replicas than in the live release: an edge is told that for both slots at once. */
export function movedWeb(to: Manifest, observation: Observation): readonly Moved[] {
  const before = liveRelease(observation)?.slots?.web ?? {}
  return Object.entries(to.slots?.web ?? {}).flatMap(([name, now]) => {
    const was = before[name]
    return was === undefined || (was.port === now.port && was.hosts.join() === now.hosts.join())
      ? []
      : [{ name, was, now }]
  })
}

/** Whether an edge that is told so would look for what serves now where nothing is. */
export function losesOld(moved: readonly Moved[]): boolean {
  return moved.some(({ was, now }) => was.port !== now.port || now.hosts.some((host) => !was.hosts.includes(host)))
}
