import { UsageError } from '../errors.ts'
import { type Slot, SLOTS, slotNetwork } from './slots.ts'

/** A network of a host's engine: its name and IPv4 subnets, as `10.1.2.0/24`. */
export interface Network {
  readonly name: string
  readonly subnets: readonly string[]
}

/**
 * The subnets of a stack's slots: those that its networks have already, else free ones. What the engine gave to a network,
 * and what the host has a route to, is taken.
 */
export function slotSubnets(
  project: string,
  networks: readonly Network[],
  routes: readonly string[],
): Readonly<Record<Slot, string>> {
  const taken = [...networks.flatMap(({ subnets }) => subnets), ...routes].flatMap((subnet) => rangeOf(subnet) ?? [])
  const free = freeSubnets(taken)
  const [a, b] = SLOTS.map((slot) => {
    const existing = networks.find(({ name }) => name === slotNetwork(project, slot))?.subnets[0]
    return existing ?? free.next().value ?? noSubnet()
  })
  return { a: a ?? noSubnet(), b: b ?? noSubnet() }
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
