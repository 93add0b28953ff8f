import { repositoryOf } from '../compose/model.ts'
import { isOutside } from '../edge/outside.ts'
import type { Manifest, ManifestService } from '../release/manifest.ts'
import { containersOf, liveRelease, type Observation } from '../stack/observation.ts'
import { ALIVE, type Change } from './changes.ts'

/**
 * Services of the live release that the new one no longer has, by when they are stopped. All are removed behind the commit.
 * What takes turns with its successors does so with them also when these are called otherwise: of a scheduler never two run,
 * and a port of the host is free for whoever publishes it next. Stores are not among them: they go on running.
 */
export interface Gone {
  /** With workers and schedulers, where there are slots; else with all others. */
  readonly inTurn: readonly Change[]
  /** Where there are slots: edges, and what was a visitor's way in before there were. */
  readonly withEdges: readonly Change[]
  /** Behind the edge in a slot, as long as visitors are served there; and jobs, which do not run. */
  readonly afterCommit: readonly Change[]
  /** The edges among them that lead to a slot. */
  readonly switched: readonly string[]
}

/** The definition that no container has, so that all of a service are old. */
const NO_MORE = 'gone'

/** Names all containers of a service to the host. */
export function markGone({ name }: { readonly name: string }): string {
  return `${name}=${NO_MORE}`
}

export function goneFrom(to: Manifest, observation: Observation): Gone {
  const live = liveRelease(observation)
  const gone = Object.entries(live?.services ?? {}).flatMap(([name, service]) =>
    service.kind === 'data' || name in to.services ? [] : [goneChange(name, service, observation)],
  )
  const turnOf = ({ service: { kind, beside } }: Change): Turn => {
    if (kind === 'job') return 'afterCommit'
    if (to.slots === undefined) return 'inTurn'
    if (kind === 'web' && beside) return 'afterCommit'
    return kind === 'edge' || (kind === 'web' && live?.slots === undefined) ? 'withEdges' : 'inTurn'
  }
  const of = (turn: Turn): readonly Change[] => gone.filter((change) => turnOf(change) === turn)
  const switched = live?.slots?.edges.filter((name) => !(name in to.services) && !isOutside(name)) ?? []
  return { inTurn: of('inTurn'), withEdges: of('withEdges'), afterCommit: of('afterCommit'), switched }
}

type Turn = 'inTurn' | 'withEdges' | 'afterCommit'

function goneChange(name: string, service: ManifestService, observation: Observation): Change {
  const containers = containersOf(observation, name)
  return {
    name,
    service: { ...service, definition: NO_MORE },
    action: 'retire',
    because: 'the release has it no more',
    joins: false,
    idle: [],
    running: containers.filter(({ status }) => status === 'running'),
    alive: containers.filter(({ status }) => ALIVE.includes(status)),
  }
}

export function allGone({ inTurn, withEdges, afterCommit }: Gone): readonly Change[] {
  return [...inTurn, ...afterCommit, ...withEdges]
}

/** Those of which containers must be stopped in the switch. */
export function stoppedInSwitch({ inTurn, withEdges }: Gone): readonly Change[] {
  return living([...inTurn, ...withEdges])
}

export function living(changes: readonly Change[]): readonly Change[] {
  return changes.filter(({ alive }) => alive.length > 0)
}

/**
 * What each new service was called before, as far as that is certain: it publishes the port that one that is gone had; or it
 * is the only new one of its kind with its image, and one such is gone. For the words of the plan, which does the same in
 * either case.
 */
export function renamedFrom(to: Manifest, observation: Observation): ReadonlyMap<string, string> {
  const live = liveRelease(observation)?.services ?? {}
  const gone = Object.entries(live).filter(([name]) => !(name in to.services))
  const added = Object.entries(to.services).filter(([name]) => !(name in live))
  const only = <T>(found: readonly T[]): T | undefined => (found.length === 1 ? found[0] : undefined)
  return new Map(
    added.flatMap(([name, service]): [string, string][] => {
      const samePort = gone.filter(([, old]) => service.publishes?.some((port) => old.publishes?.includes(port)))
      const rivals = added.filter(([, other]) => isAlike(service, other))
      const alike = rivals.length === 1 ? gone.filter(([, old]) => isAlike(service, old)) : []
      const [was] = only(samePort) ?? only(alike) ?? []
      return was === undefined ? [] : [[name, was]]
    }),
  )
}

function isAlike(one: ManifestService, other: ManifestService): boolean {
  return one.kind === other.kind && repositoryOf(one.image) === repositoryOf(other.image)
}
