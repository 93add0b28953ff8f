import { UsageError } from '../errors.ts'
import { type Slot, SLOTS, slotNetwork } from './slots.ts'

/** A network of a host's engine: its name and IPv4 subnets, as `10.1.2.0/24`. */
export interface Network {
  readonly name: string
  readonly subnets: readonly string[]
}

/**
 * The subnets of a stack's slots: those that the live release has, whatever became of the networks since; else those that its
 * networks have already, else free ones. What the engine gave to another network, and what the host has a route to, is taken.
 *
 * @param live of the live release; the addresses of its containers, and of the releases before it, are in them
 */
export function slotSubnets(
  project: string,
  networks: readonly Network[],
  routes: readonly string[],
  live?: Readonly<Record<Slot, string>>,
): Readonly<Record<Slot, string>> {
  const own = SLOTS.map((slot) => networks.find(({ name }) => name === slotNetwork(project, slot)))
  const others = networks.filter((network) => !own.includes(network)).flatMap(({ subnets }) => subnets)
  const ownSubnets = own.flatMap((network) => network?.subnets ?? [])
  // The routes to the stack's own networks are its own.
  const taken = [...others, ...routes.filter((route) => !ownSubnets.includes(route))].flatMap(
    (subnet) => rangeOf(subnet) ?? [],
  )
  const isFree = (subnet: string): boolean => !taken.some((other) => overlaps(rangeOf(subnet) ?? EVERYTHING, other))
  const ownRanges = ownSubnets.flatMap((subnet) => rangeOf(subnet) ?? [])
  const free = freeSubnets([
    ...taken,
    ...ownRanges,
    ...Object.values(live ?? {}).flatMap((subnet) => rangeOf(subnet) ?? []),
  ])
  const choose = (slot: Slot): string => {
    const existing = own[SLOTS.indexOf(slot)]?.subnets.find((subnet) => subnet.endsWith('.0/24'))
    const kept = live?.[slot]
    if (kept !== undefined && (kept === existing || isFree(kept))) return kept
    return existing ?? free.next().value ?? noSubnet()
  }
  return { a: choose('a'), b: choose('b') }
}

/** From a corner of the private addresses that few use: 10.213.0.0/24 to 10.219.255.0/24. */
function* freeSubnets(taken: readonly Range[]): Generator<string, undefined> {
  for (let second = 213; second <= 219; second++)
    for (let third = 0; third <= 255; third++) {
      const subnet = `10.${second}.${third}.0/24`
      const range = rangeOf(subnet)
      if (range && !taken.some((other) => overlaps(range, other))) yield subnet
    }
  return undefined
}

const EVERYTHING = { first: 0, last: 2 ** 32 - 1 }

interface Range {
  readonly first: number
  readonly last: number
}

/** Undefined for IPv6 and for everything (0.0.0.0/0), which is only where packets go when nothing else is known. */
function rangeOf(subnet: string): Range | undefined {
  const [, a = '', b = '', c = '', d = '', bits = ''] = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(subnet) ?? []
  if (bits === '' || bits === '0') return undefined
  const size = 2 ** (32 - Number(bits))
  const first = Math.floor(((Number(a) * 256 + Number(b)) * 256 + Number(c)) * 256 + Number(d))
  const start = Math.floor(first / size) * size
  return { first: start, last: start + size - 1 }
}

function overlaps(one: Range, other: Range): boolean {
  return one.first <= other.last && other.first <= one.last
}

function noSubnet(): never {
  throw new UsageError(
    'the host has no free /24 between 10.213.0.0 and 10.219.255.0 for the slots; remove unused networks: docker network prune',
  )
}
