import { quote } from '../command/command.ts'
import type { Change } from './changes.ts'
import { living } from './gone.ts'
import type { Unnumbered } from './plan.ts'
import {
  aliveOf,
  besideOf,
  createNew,
  fillUp,
  freshOf,
  guardStep,
  standBy,
  startLayers,
  stopOld,
  type Switching,
  type Way,
} from './steps.ts'

/** Old and new take turns: all of the old are stopped, also what the release no longer has, then all of the new started. */
export function turnSteps(switching: Switching, order: readonly (readonly string[])[], from: string | undefined): Way {
  const { changes, changed, gone, healthyWithin } = switching
  const fresh = freshOf(changed)
  const taking = changed.filter(({ service }) => !service.beside || service.kind === 'job')
  const replaced = [...aliveOf(taking), ...living(gone.inTurn)]
  const reload = reloads(changes)
  return {
    beside: [
      guardStep(switching, from),
      ...fillUp(changed),
      ...(fresh.length > 0 ? [createNew(fresh, 'made beside the old, so that the stop is short')] : []),
      ...switching.share,
      ...startLayers(order, besideOf(changed), healthyWithin),
    ],
    ask: [],
    over: [
      ...(replaced.length > 0 ? [stopAndReload(switching, replaced, reload)] : []),
      ...startLayers(
        order,
        changed.filter(({ service }) => !service.beside),
        healthyWithin,
      ),
      ...reload.map(reloadNginx),
    ],
    edge: [],
  }
}

/** Of each nginx that stays. */
export function reloads(changes: readonly Change[]): readonly string[] {
  return changes
    .filter(({ action, service }) => action === 'leave' && service.kind === 'edge' && service.image.includes('nginx'))
    .map(({ name }) => `reload_nginx ${quote(name)}`)
}

export function reloadNginx(run: string): Unnumbered {
  return {
    title: 'reload nginx',
    because: 'it looks names up only when it starts, and the containers have new addresses',
    run,
    reversibility: 'nothing to undo',
    deadline: 30,
  }
}

/** The way back also tells nginx, whose containers must run for that. */
function stopAndReload(switching: Switching, replaced: readonly Change[], reload: readonly string[]): Unnumbered {
  const step = stopOld(switching, replaced)
  if (step.undo === undefined || reload.length === 0) return step
  const edges = switching.changes.filter(({ action, service }) => action === 'leave' && service.kind === 'edge')
  return { ...step, undo: [step.undo, standBy(switching, edges), ...reload].join(' && ') }
}
