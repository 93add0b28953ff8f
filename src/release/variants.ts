import { isReplaced, type Kind } from '../compose/kinds.ts'
import { type ComposeModel, replicas, type Service } from '../compose/model.ts'
import { aliasesOf } from '../edge/obstacles.ts'
import { slotAddress, type Slot, type Slots, SLOTS, slotNetwork, type Variant } from '../edge/slots.ts'

/** A release as one compose file: `releases/<id>/<variant>/compose.json`. */
export interface VariantFiles {
  readonly variant: Variant
  readonly compose: ComposeModel
  /** The same for the time of a trial: `ps`, `logs` and `exec` work, `up` fails before it touches anything. */
  readonly guard: ComposeModel
}

/** What the variants of a release differ in. */
export interface Layout {
  /** With the labels that a release adds. */
  readonly model: ComposeModel
  readonly kinds: ReadonlyMap<string, Kind>
  readonly slots: Slots | undefined
}

export function variantsOf(layout: Layout): readonly VariantFiles[] {
  const variants: readonly Variant[] = layout.slots ? SLOTS : ['plain']
  return variants.map((variant) => {
    const compose = layout.slots && variant !== 'plain' ? inSlot(layout, layout.slots, variant) : inTurns(layout)
    return { variant, compose, guard: guarded(compose, layout.kinds) }
  })
}

function inTurns({ model, kinds }: Layout): ComposeModel {
  return mapServices(model, (service, name) => (isReplaced(kinds.get(name)) ? marked(service, 'plain') : service))
}

/**
 * The set has the slot's network and no other: names inside lead to nothing outside of it. The edge is in both slots and asks
 * by address. The networks are made beforehand, so that no version of Compose finds fault with them.
 */
function inSlot({ model, kinds }: Layout, slots: Slots, slot: Slot): ComposeModel {
  const placed = mapServices(model, (service, name) => {
    if (kinds.get(name) === 'edge')
      return { ...service, networks: { ...(service.networks ?? { default: null }), 'slot-a': null, 'slot-b': null } }
    if (!isReplaced(kinds.get(name))) return service
    // Of several replicas Compose can't say the addresses: they get them when they are made.
    const [host, ...others] = slots.web[name]?.hosts ?? []
    const isAlone = host !== undefined && others.length === 0
    const aliases = aliasesOf(service)
    const attachment = {
      ...(isAlone && { ipv4_address: slotAddress(slots, slot, host) }),
      ...(aliases.length > 0 && { aliases }),
    }
    const isPlain = Object.keys(attachment).length === 0
    return { ...marked(service, slot), networks: { [`slot-${slot}`]: isPlain ? null : attachment } }
  })
  const own = SLOTS.map((each) => [`slot-${each}`, { name: slotNetwork(model.name, each), external: true }] as const)
  return { ...placed, networks: { ...model.networks, ...Object.fromEntries(own) } }
}

function marked(service: Service, variant: Variant): Service {
  return { ...service, labels: { ...service.labels, 'estiba.slot': variant } }
}

/** An image that no registry has (RFC 2606): `up` fails at the pull, and its message says why. With the count of both releases it takes none for surplus. */
function guarded(compose: ComposeModel, kinds: ReadonlyMap<string, Kind>): ComposeModel {
  return mapServices(compose, (service, name) => {
    if (!isReplaced(kinds.get(name))) return service
    const { deploy = {}, ...rest } = service
    const count = 2 * replicas(service)
    return {
      ...rest,
      image: 'up-would-mix-two-releases.invalid/estiba',
      deploy: { ...deploy, replicas: count },
      scale: count,
    }
  })
}

function mapServices(model: ComposeModel, map: (service: Service, name: string) => Service): ComposeModel {
  const services = Object.entries(model.services).map(([name, service]) => [name, map(service, name)])
  return { ...model, services: Object.fromEntries(services) as ComposeModel['services'] }
}
