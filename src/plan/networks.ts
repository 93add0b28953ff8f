import { type Slots, SLOTS } from '../edge/slots.ts'
import type { Container, Observation } from '../stack/observation.ts'

/** The networks of both slots by name, as an earlier deploy has made them; undefined where one is not there. */
export function slotNetworks(
  { networks }: Pick<Observation, 'networks'>,
  { subnets }: Pick<Slots, 'subnets'>,
): readonly string[] | undefined {
  const names = SLOTS.flatMap((slot) => networks.find((network) => network.subnets.includes(subnets[slot]))?.name ?? [])
  return names.length === SLOTS.length ? names : undefined
}

/** Whether what the slots share with their surroundings, a store or an edge, is missing in one of them. */
export function isApart(containers: readonly Container[], networks: readonly string[] | undefined): boolean {
  return containers.some((container) => !networks?.every((name) => container.networks.includes(name)))
}
