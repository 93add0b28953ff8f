import type { Plan } from '../plan/plan.ts'
import { containersOf, type Observation } from '../stack/observation.ts'
import type { Demand, WantedMemory } from './demand.ts'
import { formatNeed, formatSupply } from './size.ts'

/** Only what the compose file itself says is needed at least can rule a host out: limits and use are no demand. */
export function memoryProblems({ host }: Observation, demand: Demand | undefined): readonly string[] {
  const total = host.memory.totalKiB * 1024
  const reserved = (demand?.memory ?? []).filter(({ reservation }) => reservation !== undefined)
  const needed = reserved.reduce((sum, { reservation = 0, replicas }) => sum + replicas * reservation, 0)
  return total === 0 || needed <= total
    ? []
    : [
        `the services reserve ${formatNeed(needed)} of memory (${reserved.map(({ service }) => service).join(', ')}), and the host ` +
          `has ${formatSupply(total)} in all; lower deploy.resources.reservations.memory, or take a bigger host`,
      ]
}

/** Whether what is started while what serves still does fits into what is free now. */
export function memoryWarnings(
  observation: Observation,
  demand: Demand | undefined,
  { services }: Pick<Plan, 'services'>,
): readonly string[] {
  const available = observation.host.memory.availableKiB * 1024
  const guesses = (demand?.memory ?? []).flatMap((wanted) => {
    const { added = 0, goes } = services.find(({ name }) => name === wanted.service) ?? {}
    return added === 0 ? [] : guess(wanted, added, observation).map((guessed) => ({ ...guessed, goes }))
  })
  const alone = largest(guesses.filter(({ goes }) => goes === 'by itself'))
  const together = [...guesses.filter(({ goes }) => goes !== 'by itself'), ...alone]
  const needed = sum(together)
  if (available === 0 || needed <= available) return []
  const set = guesses.filter(({ goes }) => goes === 'with the set')
  const saved = sum(set) - sum(largest(set))
  return [
    `old and new containers together may not fit into memory: the new ones may take ${formatNeed(needed)} ` +
      `(${together.map(({ why }) => why).join(', ')}), and ${formatSupply(available)} are available${
        saved > 0
          ? `; \`x-estiba: { strategy: rolling }\` has one web service move after the other, for which ${formatNeed(needed - saved)} are ` +
            'enough (docs/recipes.md, "Where memory is short"; not behind Traefik)'
          : ''
      }`,
  ]
}

interface Guess {
  readonly bytes: number
  readonly why: string
}

function sum(guesses: readonly Guess[]): number {
  return guesses.reduce((total, { bytes }) => total + bytes, 0)
}

function largest<T extends Guess>(guesses: readonly T[]): readonly T[] {
  return guesses.toSorted((one, other) => other.bytes - one.bytes).slice(0, 1)
}

/** As the old ones use now, at least what is reserved, at most the limit; the limit alone where nothing runs. */
function guess({ service, limit, reservation }: WantedMemory, added: number, observation: Observation): Guess[] {
  const uses = containersOf(observation, service).flatMap(({ id }) => observation.host.uses.get(id) ?? [])
  const used = uses.length === 0 ? undefined : Math.max(...uses)
  const each =
    used === undefined ? (reservation ?? limit) : Math.min(Math.max(used, reservation ?? 0), limit ?? Infinity)
  if (each === undefined) return []
  const times = added === 1 ? '' : `${added} x `
  return [{ bytes: added * each, why: `${service} ${times}${formatNeed(each)}${used === undefined ? '' : ' as now'}` }]
}
