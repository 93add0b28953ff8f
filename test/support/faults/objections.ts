import { type Container, POLICIES, type Standing } from './standing.ts'

/** What was there, and what is to be. */
export interface Wanted {
  readonly version: string
  /** The version that served before. */
  readonly before: string
  /** The id of the store's container, which no deploy may replace. */
  readonly store: string
}

/**
 * What is not yet as it must be when a deploy has ended, in words; empty when all is.
 *
 * @param answers what visitors get now, each once
 */
export function objectionsTo(
  standing: Standing,
  answers: readonly string[],
  { version, before, store }: Wanted,
): readonly string[] {
  const { ledger, containers, current, edge } = standing
  const slot = edge.split('/')[1] ?? ''
  const wanted = ledger?.result === 'committed' ? version : before
  const slotted = containers.filter((container) => container.slot !== '')
  // What ran of a release that was taken back is kept for whoever looks, and `up` by hand refused as long as it is there; of an
  // earlier one, too, where this one did not come to the step that clears it.
  const isKept = (each: Container): boolean =>
    ledger?.result === 'undone' &&
    Number(each.version.slice(1)) > Number(before.slice(1)) &&
    each.state === 'exited' &&
    each.restart === 'no'
  const here = slotted.some(isKept) ? `/${slot}-guard` : `/${slot}`
  const missing = Object.keys(POLICIES).filter(
    (service) => containers.filter((each) => each.service === service && each.state === 'running').length !== 1,
  )
  return [
    ...(ledger?.version === version ? [] : [`the ledger's last line is of ${ledger?.version ?? 'nothing'}`]),
    ...(ledger?.result === 'stuck' ? ['it is stuck'] : []),
    ...(answers.join() === wanted ? [] : [`${answers.join(' and ')} serves instead of ${wanted}`]),
    ...(standing.isOpen ? ['a transaction is open'] : []),
    ...(standing.isLocked ? ['the lock is taken'] : []),
    ...(standing.processes.length === 0 ? [] : [`still running: ${standing.processes.join('; ')}`]),
    ...(slot === 'a' || slot === 'b' ? [] : [`the edge leads to ${edge}`]),
    ...(current.endsWith(here) ? [] : [`current leads to ${current}, and the edge to ${edge}`]),
    ...(standing.currentVersion === wanted ? [] : [`current names ${standing.currentVersion}`]),
    ...(standing.running === Object.keys(POLICIES).sort().join(' ') ? [] : [`docker compose ps: ${standing.running}`]),
    ...missing.map((service) => `not exactly one ${service} runs`),
    ...slotted
      .filter((each) => !isKept(each) && (each.slot !== slot || each.state !== 'running' || each.version !== wanted))
      .map((each) => `left over: ${each.service} of ${each.version} in slot ${each.slot}, ${each.state}`),
    ...containers
      .filter((each) => each.state === 'running' && each.restart !== POLICIES[each.service])
      .map((each) => `${each.service} has the restart policy ${each.restart}`),
    ...(containers.some(({ id }) => id === store) ? [] : ['the container of the store is another one']),
  ]
}
