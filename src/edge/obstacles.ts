import { isReplaced, type Kind } from '../compose/kinds.ts'
import { type ComposeModel, replicas, type Service } from '../compose/model.ts'

type Kinds = ReadonlyMap<string, Kind>

/** Why old and new of a stack's services can't be in two slots, as a clause; undefined where they can. */
export function obstacleTo(model: ComposeModel, kinds: Kinds, web: ReadonlySet<string>): string | undefined {
  if (web.size === 0) return "the edge's configuration passes requests to none of the services (docs/recipes.md)"
  for (const [name, service] of Object.entries(model.services)) {
    if (!isReplaced(kinds.get(name))) continue
    if (service.network_mode !== undefined) return `services.${name} has a network_mode`
    if (web.has(name) && service.deploy?.update_config?.order === 'stop-first')
      return `services.${name} is not to run twice (deploy.update_config.order: stop-first)`
    if (web.has(name) && (service.ports ?? []).length > 0)
      return `services.${name} publishes a port of the host, which old and new can't have both; let the edge pass requests to it`
  }
  return networkObstacle(model, kinds) ?? lateJob(model, kinds, web)
}

/** What it depends on, and what the jobs need that it waits for. */
export function neededBy(name: string, services: ComposeModel['services'], kinds: Kinds): readonly string[] {
  return Object.keys(services[name]?.depends_on ?? {}).flatMap((other) =>
    kinds.get(other) === 'job' ? [other, ...neededBy(other, services, kinds)] : [other],
  )
}

/**
 * A slot is one network. The stack's own may give way to it where that lets nobody meet whom he did not meet before, and
 * everybody keeps the names by which he is found.
 */
function networkObstacle(model: ComposeModel, kinds: Kinds): string | undefined {
  const all = Object.entries(model.services).filter(([, { network_mode }]) => network_mode === undefined)
  for (const [name, service] of all) {
    const isInSet = isReplaced(kinds.get(name))
    for (const [network, attachment] of Object.entries(networksOf(service))) {
      const { external, internal } = model.networks?.[network] ?? {}
      if (isInSet && external === true) return `services.${name} is in the network ${network}, which others have, too`
      if (isInSet && internal === true)
        return `services.${name} is in ${network}, which is cut off from outside (internal)`
      const { aliases = [], ...more } = attachment ?? {}
      if (isInSet && Object.keys(more).length > 0)
        return `services.${name} has an address of its own in the network ${network} (${Object.keys(more).join(', ')})`
      if (aliases.length > 0 && (!isInSet || replicas(service) > 1))
        return `services.${name} has other names in the network ${network}: ${aliases.join(', ')}`
    }
    const stranger = all.find(([other, text]) => other !== name && !shareNetwork(service, text))
    if (stranger !== undefined)
      return `services.${name} and services.${stranger[0]} share no network, and would in a slot`
  }
  return undefined
}

function networksOf({ networks = { default: null } }: Service): NonNullable<Service['networks']> {
  return networks
}

function shareNetwork(one: Service, other: Service): boolean {
  return Object.keys(networksOf(one)).some((network) => network in networksOf(other))
}

/** The further names of a service, which it has in its slot as well. */
export function aliasesOf(service: Service): readonly string[] {
  return [...new Set(Object.values(networksOf(service)).flatMap((attachment) => attachment?.aliases ?? []))].sort()
}

/** A job that a switched service waits for, and that needs what takes turns with its predecessor. */
function lateJob({ services }: ComposeModel, kinds: Kinds, web: ReadonlySet<string>): string | undefined {
  for (const name of web)
    for (const job of neededBy(name, services, kinds).filter((other) => kinds.get(other) === 'job'))
      for (const needed of neededBy(job, services, kinds))
        if (isReplaced(kinds.get(needed)) && kinds.get(needed) !== 'job' && !web.has(needed))
          return `services.${name} waits for the job ${job}, which needs ${needed}, and that has no port that the edge or ${name} asks (expose)`
  return undefined
}
