import { UsageError } from '../errors.ts'

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
  /** The last byte of the address of each replica in either slot, 10 to 127; the engine hands out the others. */
  readonly hosts: readonly number[]
  readonly port: number
}

/** What of a web service its addresses depend on. */
export interface WebService {
  readonly port: number
  readonly replicas: number
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

/** Gives each replica its place: the one that any release before gave it, or the next that nobody has. */
export function webAddresses(
  services: ReadonlyMap<string, WebService>,
  before: readonly Slots[],
): Readonly<Record<string, WebAddress>> {
  const known = new Map<string, readonly number[]>()
  for (const [name, { hosts }] of before.flatMap(({ web }) => Object.entries(web)))
    if (hosts.length > (known.get(name)?.length ?? 0)) known.set(name, hosts)
  const taken = new Set([...known.values()].flat())
  const addresses: Record<string, WebAddress> = {}
  for (const [name, { port, replicas }] of [...services].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const hosts = (known.get(name) ?? []).slice(0, replicas)
    while (hosts.length < replicas) hosts.push(takeFree(taken))
    addresses[name] = { hosts, port }
  }
  return addresses
}

function takeFree(taken: Set<number>): number {
  for (let host = FIRST_HOST; host <= LAST_HOST; host++) {
    if (taken.has(host)) continue
    taken.add(host)
    return host
  }
  throw new UsageError(`the web services of a stack have ${LAST_HOST - FIRST_HOST + 1} replicas at most in all`)
}
