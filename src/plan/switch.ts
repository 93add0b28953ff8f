import { quote } from '../command/command.ts'
import { UsageError } from '../errors.ts'
import type { Manifest } from '../release/manifest.ts'
import type { Observation } from '../stack/observation.ts'
import { type Change, changesFor, dataObjections, retired } from './changes.ts'
import { finishSteps } from './finish.ts'
import { numbered, type Plan, type ServicePlan, type Unnumbered } from './plan.ts'
import { definitions, definitionsWith, names, words } from './words.ts'

export interface SwitchRequest {
  readonly title: string
  readonly to: Manifest
  readonly observation: Observation
  /** Seconds that a new container has to become healthy. */
  readonly healthyWithin: number
  /** How many confirmed releases stay on the host. */
  readonly keep: number
  /** A rollback finds everything on the host and asks no registry. */
  readonly from: 'registry' | 'host'
}

/** Plans the way from what runs to a release. Services are replaced stop-first: all of the old, then all of the new. */
export function planSwitch(request: SwitchRequest): Plan {
  const { to, observation } = request
  const objections = dataObjections(to, observation)
  if (objections.length > 0) throw new UsageError(objections.join('\n'))
  const changes = changesFor(to, observation)
  const changed = changes.filter(({ action, service }) => action !== 'leave' && service.kind !== 'data')
  const gone = retired(to, observation)
  return {
    title: request.title,
    services: [...changes.map(describeChange), ...gone.map(describeRetired)],
    phases: {
      prepare: numbered(prepareSteps(request, changes)),
      switch: numbered(switchSteps(request, changes, changed)),
      commit: numbered(changed.length === 0 ? [] : [stillWell(changed)]),
      finish: numbered(finishSteps(request, changed, gone)),
    },
    ...(changed.length > 0 && { watch: `are_well ${definitions(changed)}` }),
    notes: [
      ...(changed.length + gone.length === 0 ? ['nothing changed: no container is touched'] : []),
      ...(changes.some(({ because }) => because.includes('taken over'))
        ? ['this stack was started by hand: its services are replaced once, its data services stay as they run']
        : []),
    ],
  }
}

function prepareSteps({ to, from, healthyWithin }: SwitchRequest, changes: readonly Change[]): Unnumbered[] {
  const needed = changes.filter(({ action }) => action !== 'leave')
  const stores = needed.filter(({ service }) => service.kind === 'data').map(({ name }) => name)
  const steps: Unnumbered[] = [
    {
      title: 'stage the release',
      because: `everything of ${to.id} is on the host before anything changes`,
      run: 'stage',
      ...(from === 'registry' && { undo: 'unstage' }),
      reversibility: 'reversible',
      deadline: 60,
    },
  ]
  if (needed.length > 0 && from === 'registry')
    steps.push({
      title: 'pull the images',
      because: 'what is switched to must be there, also for the way back',
      run: words(
        'pull',
        needed.map(({ name }) => name),
      ),
      reversibility: 'nothing to undo',
      deadline: 900,
    })
  if (stores.length > 0)
    steps.push({
      title: `start ${stores.join(', ')}`,
      because: 'a store must run before what uses it; it stays, whatever becomes of the release',
      run: `compose up --detach --no-deps --no-recreate --wait --wait-timeout ${healthyWithin} ${stores.map(quote).join(' ')}`,
      reversibility: 'nothing to undo',
      deadline: healthyWithin + 30,
    })
  return steps
}

function switchSteps(request: SwitchRequest, changes: readonly Change[], changed: readonly Change[]): Unnumbered[] {
  if (changed.length === 0) return []
  const { healthyWithin, to } = request
  const fresh = changed.filter(({ action }) => action !== 'repair')
  const repaired = changed.filter(({ action }) => action === 'repair')
  const replaced = changed.filter(({ action, alive }) => action === 'replace' && alive.length > 0)
  const reload = changes
    .filter(({ action, service }) => action === 'leave' && service.kind === 'edge' && service.image.includes('nginx'))
    .map(({ name }) => `reload_nginx ${quote(name)}`)
  const layers = to.order
    .map((layer) => changed.filter(({ name }) => layer.includes(name)))
    .filter((layer) => layer.length > 0)
  return [
    ...(repaired.length > 0 ? [fillUp(repaired)] : []),
    ...(fresh.length > 0 ? [createNew(fresh)] : []),
    ...(replaced.length > 0 ? [stopOld(replaced, healthyWithin, reload)] : []),
    ...layers.flatMap((layer) => startAndProve(layer, healthyWithin)),
    ...reload.map((run) => ({
      title: 'reload nginx',
      because: 'it looks names up only when it starts, and the containers have new addresses',
      run,
      reversibility: 'nothing to undo' as const,
      deadline: 30,
    })),
  ]
}

function createNew(fresh: readonly Change[]): Unnumbered {
  return {
    title: `create the new ${names(fresh)}`,
    because: 'made beside the old, so that the stop is short',
    run: `create_new ${definitionsWith(fresh, ({ service }) => String(service.replicas))}`,
    undo: `remove_new ${definitions(fresh)}`,
    reversibility: 'reversible',
    deadline: 120,
  }
}

/** What of them runs well serves now: the way back leaves every container where it is. */
function fillUp(repaired: readonly Change[]): Unnumbered {
  return {
    title: `complete ${names(repaired)}`,
    because: 'containers of this very release are missing or have ended',
    run: `create_new ${definitionsWith(repaired, ({ service }) => String(service.replicas))}`,
    undo: `restart_policies ${definitionsWith(repaired, ({ service }) => service.restart)}`,
    reversibility: 'reversible',
    deadline: 120,
  }
}

function stopOld(replaced: readonly Change[], healthyWithin: number, reload: readonly string[]): Unnumbered {
  const served = replaced.filter(({ running }) => running.length > 0)
  return {
    title: `stop the old ${names(replaced)}`,
    because: 'old and new do not share a name; the old are kept, stopped, for the way back',
    run: `stop_old ${definitions(replaced)}`,
    ...(served.length > 0 && { undo: [`start_old ${healthyWithin}`, ...reload].join(' && ') }),
    reversibility: 'reversible',
    deadline: Math.max(...replaced.map(({ service }) => service.stopGrace)) + healthyWithin + 30,
  }
}

function startAndProve(layer: readonly Change[], healthyWithin: number): Unnumbered[] {
  const fresh = layer.filter(({ action }) => action !== 'repair')
  return [
    {
      title: `start the new ${names(layer)}`,
      because: 'what they depend on is healthy',
      run: `start_new ${definitions(layer)}`,
      ...(fresh.length > 0 && { undo: `stop_new ${definitions(fresh)}` }),
      reversibility: 'reversible',
      deadline: Math.max(...layer.map(({ service }) => service.stopGrace)) + 60,
    },
    {
      title: `wait until ${names(layer)} ${layer.length === 1 ? 'is' : 'are'} healthy`,
      because: 'each own health check must say yes three times in a row',
      run: `prove_new ${healthyWithin} ${definitions(layer)}`,
      reversibility: 'nothing to undo',
      deadline: healthyWithin + 30,
    },
  ]
}

function stillWell(changed: readonly Change[]): Unnumbered {
  return {
    title: 'look at the new containers once more',
    because: 'what is confirmed must run at this moment',
    run: `are_well ${definitions(changed)}`,
    reversibility: 'nothing to undo',
    deadline: 30,
  }
}

function describeChange({ name, service, action, because, running }: Change): ServicePlan {
  const base = { name, kind: service.kind, action, because: `${because} (${service.kindBecause})` }
  if (action !== 'replace' || running.length === 0) return base
  const seconds = `at most ${service.stopGrace} s to stop, plus its start`
  return { ...base, downtime: `down from the stop of the old until the new is healthy: ${seconds}` }
}

function describeRetired(name: string): ServicePlan {
  return { name, kind: 'app', action: 'retire', because: 'the release has it no more' }
}
