import { otherSlot, type Slot, type Variant } from '../edge/slots.ts'
import type { Manifest } from '../release/manifest.ts'
import { type Container, liveRelease, type Observation } from '../stack/observation.ts'

/** Where a release goes on a host, and where the one that serves is. */
export interface Layout {
  readonly variant: Variant
  /** The slot that the edge leads to now; undefined where none was ever led to. */
  readonly live: Slot | undefined
  /** What `current` names, below the stack's folder: `releases/v1/a`. */
  readonly from: string | undefined
  readonly to: string
  /** Left over in the slot that is to be free: of a transaction that got stuck, or made by hand. */
  readonly leftover: readonly Container[]
}

/** Where what serves is now: the slot that the edge leads to, whatever else is written down. */
export function whereLive(to: Manifest, { edge, currentVariant }: Observation): Variant | undefined {
  if (to.slots === undefined) return 'plain'
  return edge?.live ?? (currentVariant === 'plain' ? undefined : currentVariant)
}

/** The release goes to the slot that is free; one that moves nothing stays where the other one was. */
export function layoutFor(to: Manifest, observation: Observation, moves: 'moves' | 'stays'): Layout {
  const before = liveRelease(observation)
  const where = whereLive(to, observation)
  const live = where === 'plain' ? undefined : where
  const variant =
    to.slots === undefined ? 'plain' : live === undefined ? 'a' : moves === 'stays' ? live : otherSlot(live)
  return {
    variant,
    live,
    from: before && `releases/${before.id}/${observation.currentVariant ?? 'plain'}`,
    to: `releases/${to.id}/${variant}`,
    leftover:
      variant === 'plain' || variant === live
        ? []
        : observation.containers.filter(({ labels }) => labels['estiba.slot'] === variant),
  }
}
