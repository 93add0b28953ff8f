import { FAULTS, type FaultName, faultOf } from './fault.ts'
import { boundaries, type Moment, wayBack } from './moment.ts'
import type { Case } from './play.ts'

/** Of the moments on the way back each fault meets so many, chosen by the seed. */
const ON_THE_WAY_BACK = 3

/**
 * A fault at every boundary of a deploy. The world, the delay behind the record and the order are drawn, and so are the
 * moments on the way back of a failed release.
 */
export function enumerate(name: FaultName, random: () => number): readonly Case[] {
  const moments = [...boundaries(), ...shuffled(wayBack(), random).slice(0, ON_THE_WAY_BACK)]
  const fault = faultOf(name)
  // A client can only be killed while one runs.
  const met = name === 'compose client' ? moments.filter(({ docker }) => docker) : moments
  return shuffled(met, random).map((moment) => ({ fault, moment, ...drawn(moment, random) }))
}

/** Different faults at different moments, as many as asked for; those that wait for a lease or a minute are left out. */
export function sample(count: number, random: () => number): readonly Case[] {
  const names = (Object.keys(FAULTS) as FaultName[]).filter((name) => !name.startsWith('runner'))
  return shuffled(names, random)
    .slice(0, count)
    .flatMap((name) => enumerate(name, random).slice(0, 1))
}

function drawn(moment: Moment, random: () => number): Pick<Case, 'world' | 'delay'> {
  const world = moment.worlds[Math.floor(random() * moment.worlds.length)] ?? 'fine'
  // Half of them at once, the others somewhere in the effect.
  const delay = random() < 0.5 ? 0 : Number((random() * 0.4).toFixed(2))
  return { world, delay }
}

function shuffled<Item>(items: readonly Item[], random: () => number): readonly Item[] {
  return items
    .map((item) => ({ item, place: random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item)
}

export function describeCase({ fault, moment, world, delay }: Case): string {
  return `${fault.name} ${moment.name}${delay === 0 ? '' : `, ${delay} s later`}; the new release is ${world}`
}
