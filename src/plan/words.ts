import { quote } from '../command/command.ts'
import { isReplaced } from '../compose/kinds.ts'
import type { Variant } from '../edge/slots.ts'
import type { Change } from './changes.ts'

/** For a title: `api, worker`. */
export function names(changes: readonly Change[]): string {
  return changes.map(({ name }) => name).join(', ')
}

/** A line of shell: one of the functions of `src/compose/effects.sh` and its arguments. */
export function words(program: string, args: readonly string[]): string {
  return [program, ...args.map(quote)].join(' ')
}

/** `NAME=DEFINITION` of each, which is how the host tells new containers from old. */
export function definitions(changes: readonly Change[]): string {
  return changes.map(({ name, service }) => quote(`${name}=${service.definition}`)).join(' ')
}

/** `NAME=DEFINITION:MORE` of each. */
export function definitionsWith(changes: readonly Change[], more: (change: Change) => string): string {
  return changes.map((change) => quote(`${change.name}=${change.service.definition}:${more(change)}`)).join(' ')
}

/** `NAME=DEFINITION/SLOT` of each, as its containers are marked; an edge is in no slot. */
export function marks(changes: readonly Change[], variant: Variant): readonly string[] {
  return changes.map(({ name, service }) => `${name}=${service.definition}/${isReplaced(service.kind) ? variant : ''}`)
}

/** The engine keeps their new containers alive from now on, as each service says. */
export function keepAlive(changes: readonly Change[]): string {
  return `keep_alive ${definitionsWith(changes, ({ service }) => service.restart)}`
}
