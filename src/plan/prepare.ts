import { quote } from '../command/command.ts'
import type { Manifest } from '../release/manifest.ts'
import type { Change } from './changes.ts'
import type { Layout } from './layout.ts'
import type { Unnumbered } from './plan.ts'
import { joinSlots, makeSlots } from './slots.ts'
import { words } from './words.ts'

export interface Preparation {
  readonly to: Manifest
  readonly changes: readonly Change[]
  readonly layout: Layout
  readonly healthyWithin: number
  /** A rollback finds everything on the host and asks no registry. */
  readonly from: 'registry' | 'host'
}

/** Everything that the release needs is on the host before anything changes. */
export function prepareSteps({ to, changes, layout, healthyWithin, from }: Preparation): Unnumbered[] {
  const needed = changes.filter(({ action }) => action !== 'leave').map(({ name }) => name)
  const stores = changes.filter(({ action, service }) => action !== 'leave' && service.kind === 'data')
  return [
    {
      title: 'stage the release',
      because: `everything of ${to.id} is on the host before anything changes`,
      run: 'stage',
      ...(from === 'registry' && { undo: 'unstage' }),
      reversibility: 'reversible',
      deadline: 60,
    },
    ...(to.slots && needed.length > 0 ? [makeSlots(to.slots.subnets)] : []),
    ...(needed.length > 0 && from === 'registry' ? [pull(needed)] : []),
    ...(stores.length > 0 ? [startStores(stores, healthyWithin)] : []),
    ...(to.slots && needed.length > 0 ? joinSlots(changes, layout) : []),
  ]
}

function pull(needed: readonly string[]): Unnumbered {
  return {
    title: 'pull the images',
    because: 'what is switched to must be there, also for the way back',
    run: words('pull', needed),
    reversibility: 'nothing to undo',
    deadline: 900,
  }
}

function startStores(stores: readonly Change[], healthyWithin: number): Unnumbered {
  const list = stores.map(({ name }) => name)
  return {
    title: `start ${list.join(', ')}`,
    because: 'a store must run before what uses it; it stays, whatever becomes of the release',
    run: `compose up --detach --no-deps --no-recreate --wait --wait-timeout ${healthyWithin} ${list.map(quote).join(' ')}`,
    reversibility: 'nothing to undo',
    deadline: healthyWithin + 30,
  }
}
