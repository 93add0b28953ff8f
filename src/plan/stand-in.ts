import { otherSlot, type Slot, slotAddress, slotNetwork, SLOTS } from '../edge/slots.ts'
import type { Container } from '../stack/observation.ts'
import { type Change, isOfTheSet } from './changes.ts'
import { drainBack } from './drain.ts'
import type { Unnumbered } from './plan.ts'
import type { SlotSwitch } from './slots.ts'
import { webOf } from './steps.ts'
import { names, words } from './words.ts'

/** The web services of which old containers answer in the trial, where the new ones take no connection. */
export interface StandIns {
  readonly inSlot: readonly Change[]
  /** In no slot yet: they were started by hand, or by a release without slots. */
  readonly guests: readonly Change[]
}

export function standInsFor({ changed, slots, layout }: Pick<SlotSwitch, 'changed' | 'slots' | 'layout'>): StandIns {
  if (layout.variant === 'plain' || !changed.some(isOfTheSet)) return { inSlot: [], guests: [] }
  const slot = otherSlot(layout.variant)
  const web = webOf(changed)
  const inSlot = web.filter(({ running }) => running.some((each) => slotOf(each) === slot))
  const guests = web.filter(
    ({ name, running, alive }) =>
      running.length > 0 &&
      running.every((each) => canBeGuest(each, slot, slots.web[name]?.port)) &&
      alive.every((each) => slotOf(each) !== slot),
  )
  return { inSlot, guests }
}

function slotOf({ labels }: Container): Slot | undefined {
  return SLOTS.find((slot) => slot === labels['estiba.slot'])
}

/**
 * It listens where the edge asks, as far as it says so; and its way out stays what it is, which leads through the network that
 * comes first by name.
 */
function canBeGuest(container: Container, slot: Slot, port: number | undefined): boolean {
  const { labels, networks, exposed } = container
  const network = slotNetwork(labels['com.docker.compose.project'] ?? '', slot)
  const isBehind = (other: string): boolean => other < network && other !== 'host' && other !== 'none'
  return (
    slotOf(container) === undefined &&
    networks.length > 0 &&
    networks.every((other) => other === network || isBehind(other)) &&
    Object.keys(exposed ?? {}).some((each) => each.replace('/tcp', '') === String(port))
  )
}

/** Before anything is taken from visitors: so, on the way back, they leave when the old edge leads to them by name again. */
export function admitGuests(request: SlotSwitch): Unnumbered[] {
  const { slots, layout } = request
  const { guests } = standInsFor(request)
  if (layout.variant === 'plain' || guests.length === 0) return []
  const slot = otherSlot(layout.variant)
  const places = guests.map(
    ({ name }) => `${name}=${(slots.web[name]?.hosts ?? []).map((host) => slotAddress(slots, slot, host)).join(',')}`,
  )
  return [
    {
      title: `have the old ${names(guests)} in slot ${slot} as well`,
      because:
        'the edge finds them there in the trial, should the new ones take no connection; they run on as they are',
      run: words('admit_old', [slot, ...places]),
      undo: `${drainBack(request, slot)} && ${words('leave_slot', [slot, ...guests.map(({ name }) => name)])}`,
      reversibility: 'reversible',
      deadline: 60,
    },
  ]
}

/** Those that an earlier transaction, which got stuck, has left in the slot that is to be free. */
export function sendGuestsAway(changes: readonly Change[], { variant }: SlotSwitch['layout']): Unnumbered[] {
  if (variant === 'plain') return []
  const left = changes.filter(
    (change) =>
      isOfTheSet(change) &&
      change.alive.some(
        (each) =>
          slotOf(each) !== variant &&
          each.networks.includes(slotNetwork(each.labels['com.docker.compose.project'] ?? '', variant)),
      ),
  )
  if (left.length === 0) return []
  return [
    {
      title: `have the old ${names(left)} leave slot ${variant}`,
      because: 'an earlier transaction left them there, and the addresses are for the new ones',
      run: words('leave_slot', [variant, ...left.map(({ name }) => name)]),
      reversibility: 'nothing to undo',
      deadline: 60,
    },
  ]
}
