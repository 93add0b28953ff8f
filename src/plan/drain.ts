import type { Slots, Variant } from '../edge/slots.ts'
import type { Switching } from './steps.ts'
import { words } from './words.ts'

/** Seconds, on the way back: what is bad there may hang for ever. */
export const DRAIN_BACK = 5

type Draining = Pick<Switching, 'switched' | 'drain'> & { readonly slots: Slots }

/** Waits until no edge has a connection with a slot any more: the requests that were sent there have their answers. */
export function drainSlot({ slots, switched, drain }: Draining, slot: Variant): string {
  if (slot === 'plain') return 'true'
  return words('drain', [String(drain), slots.subnets[slot], ...switched])
}

export function drainBack(request: Draining, slot: Variant): string {
  return drainSlot({ ...request, drain: Math.min(request.drain, DRAIN_BACK) }, slot)
}
