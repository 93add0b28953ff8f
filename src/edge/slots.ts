/**
 * Two slots for what serves: networks `slot-a` and `slot-b` with addresses of their own. One holds the release that serves,
 * the other is free for the next one, and the edge chooses between them by one rename.
 */
export const SLOTS = ['a', 'b'] as const
export type Slot = (typeof SLOTS)[number]

/** How a release is laid out on a host: in a slot, or `plain`, where old and new take turns. */
export const VARIANTS = ['plain', ...SLOTS] as const
export type Variant = (typeof VARIANTS)[number]

/** What is fixed for good on a host, so that the edge's configuration stays as it is from release to release. */
export interface Slots {
  /** An IPv4 /24 for each slot: `10.213.0.0/24`. */
  readonly subnets: Readonly<Record<Slot, string>>
  /** The services that the edge passes requests to. */
  readonly web: Readonly<Record<string, WebAddress>>
}

export interface WebAddress {
  /** The last byte of its address in either slot, 10 to 127; the engine hands out the others. */
  readonly host: number
  readonly port: number
}

export function otherSlot(slot: Slot): Slot {
  return slot === 'a' ? 'b' : 'a'
}

/** The engine's name of a slot's network. It sorts behind `default`, which stays the containers' gateway. */
export function slotNetwork(project: string, slot: Slot): string {
  return `${project}_slot-${slot}`
}

export function slotAddress({ subnets }: Pick<Slots, 'subnets'>, slot: Slot, host: number): string {
  return subnets[slot].replace(/\d+\/24$/, String(host))
}

const FIRST_HOST = 10
const LAST_HOST = 127

/** Gives each web service its place: the one that any release before gave it, or the next that nobody has. */
export function webAddresses(
  ports: ReadonlyMap<string, number>,
  before: readonly Slots[],
): Readonly<Record<string, WebAddress>> {
  const known = new Map(
    before.flatMap(({ web }) => Object.entries(web).map(([name, { host }]) => [name, host] as const)),
  )
  const taken = new Set(known.values())
  const addresses: Record<string, WebAddress> = {}
  for (const [name, port] of [...ports].sort(([one], [other]) => (one < other ? -1 : 1))) {
    let host = known.get(name)
    for (let next = FIRST_HOST; host === undefined && next <= LAST_HOST; next++) if (!taken.has(next)) host = next
    if (host === undefined) throw new Error(`more than ${LAST_HOST - FIRST_HOST + 1} web services`)
    taken.add(host)
    addresses[name] = { host, port }
  }
  return addresses
}
