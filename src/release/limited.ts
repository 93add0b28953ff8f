import type { ComposeModel, Service } from '../compose/model.ts'
import { UsageError } from '../errors.ts'
import type { Manifest } from './manifest.ts'

/**
 * A model in which only the named services are new: all others have the images that are live, whatever was built and whatever
 * the compose file says.
 *
 * @param live the release whose images they are
 * @throws UsageError where a name is none, or nothing is live whose images could stay
 */
export function limitTo(model: ComposeModel, names: readonly string[], live: Manifest | undefined): ComposeModel {
  const known = Object.keys(model.services)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw new UsageError(`services: "${unknown}" is no service of the compose file; there are: ${known.join(', ')}`)
  if (live === undefined)
    throw new UsageError('services: there is no live release whose other services could stay; deploy all of it first')
  const limited = Object.entries(model.services).map(([name, service]): [string, Service] => {
    const image = live.services[name]?.image
    if (names.includes(name)) return [name, service]
    if (image === undefined)
      throw new UsageError(`services: ${name} is not in the live release ${live.id}; name it, too, or deploy all`)
    return [name, { ...service, image }]
  })
  return { ...model, services: Object.fromEntries(limited) }
}

/** Refuses a limited release in which something else than the images differs in a service that was not named. */
export function checkLimited(release: Manifest, names: readonly string[], live: Manifest | undefined): void {
  const others = Object.entries(live?.services ?? {}).filter(([name]) => !names.includes(name))
  const problems = others.flatMap(([name, before]) => {
    const after = release.services[name]
    if (after === undefined) return [`services: ${name} is gone from the compose file; to retire it, deploy all`]
    if (after.definition === before.definition) return []
    return [`services: ${name} changed, too (environment, command, ports or the like); name it, too, or deploy all`]
  })
  const { edges = [], ownHash } = release.slots ?? {}
  const before = live?.slots?.ownHash
  if (
    before !== undefined &&
    ownHash !== undefined &&
    before !== ownHash &&
    !edges.some((edge) => names.includes(edge))
  )
    problems.push(`services: the configuration of ${edges.join(', ')} changed, too; name it, too, or deploy all`)
  if (problems.length > 0) throw new UsageError(problems.join('\n'))
}
