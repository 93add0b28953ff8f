import type { ComposeModel, Service } from '../compose/model.ts'
import type { Slots } from './slots.ts'

/**
 * Files of the stack's `edge/`, by their paths in it: those that are generated lie in it, those of the team's own below
 * `own/`.
 */
export type EdgeFiles = Readonly<Record<string, string | Uint8Array>>

/** Where a configuration is read, and for whom. */
export interface Place {
  readonly stack: string
  /** Where it finds the stack's `edge/`. */
  readonly folder: string
  /** Whether it may lead to other stacks, too: names that hold in all of it begin with that of the stack. */
  readonly isShared: boolean
  /** Whether it must be able to lead one service to another slot than the others. */
  readonly isRolling?: true
}

/** A program that can be an edge: how it is told of the slots, and what of its own configuration is understood. */
export interface Proxy {
  readonly name: string
  /** Where its container mounts the folder by which it is switched. */
  readonly folder: string
  readonly files: (slots: Slots, place: Place) => Readonly<Record<string, string>>
  /** What of its configuration stands in the compose file. */
  readonly textIn?: (edge: Service) => string
  /** Services that its configuration passes requests to. */
  readonly namedServices: (text: string, services: readonly string[]) => readonly string[]
  /** What in a team's own configuration would defeat the switch, each with what to write instead. */
  readonly problems: (text: string, services: readonly string[]) => readonly string[]
  /** The same of how the compose file has it and the services that a release replaces. */
  readonly problemsIn?: (model: ComposeModel, edge: string, services: readonly string[]) => readonly string[]
  /** What in it visitors may miss, whatever is deployed. */
  readonly advice?: (text: string) => readonly string[]
  /** Whether it can lead a single request to the other slot: one that has the token of a transaction in a header. */
  readonly letsAsk?: true
  /** Whether another configuration of the team's own takes another container. */
  readonly readsOwnAtStart?: true
  /** Whether it leads all services to the same slot. */
  readonly leadsAllAlike?: true
}

/** Where an edge answers with the slot that it leads to, to the name of the stack; only inside its container. */
export const SEEN_AT = '127.0.0.1:9180'

/** The header with that token, and the path under which an edge that follows it says it again. */
export const ASK_HEADER = 'Estiba-Ask'
export const ASKED_AT = '/.well-known/estiba'

/** A regular expression; whether a token is the right one is told by the file that it names. */
export const TOKEN = '^[0-9a-f]+$'

/** The host name under which it does. */
export function seenAs({ stack }: Place): string {
  return `${stack}.estiba`
}

/** Where it does so for one service: what it says ends with `_` and the slot, or is the slot. */
export function seenFor(service: string): string {
  return `/service/${service}`
}

/** The file in `live` that leads a service to slot b, whatever holds for the others. */
export function markerOf(service: string): string {
  return `${service}.b`
}

export const WRITTEN = '# Written by Estiba at a deploy; see docs/recipes.md.'

/** A service's name as part of a name in a configuration: letters, digits and underscores. */
export function variable(service: string): string {
  return service.replaceAll(/[^A-Za-z0-9_]/g, '_')
}
