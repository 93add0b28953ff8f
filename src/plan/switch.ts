import { UsageError } from '../errors.ts'
import { SLOTS } from '../edge/slots.ts'
import type { Manifest } from '../release/manifest.ts'
import type { Observation } from '../stack/observation.ts'
import { losesOld, movedWeb } from './addresses.ts'
import { shareAssets } from './assets.ts'
import { type Change, changesFor, isJob, isOfTheSet } from './changes.ts'
import { describeChange, describeGone } from './describe.ts'
import { finishSteps, keptBy } from './finish.ts'
import { allGone, goneFrom, renamedFrom, stoppedInSwitch } from './gone.ts'
import { layoutFor } from './layout.ts'
import { describeOutside, outsideEdges, outsideObjections } from './outside.ts'
import { notesOn } from './notes.ts'
import { numbered, type Plan, type Unnumbered } from './plan.ts'
import { prepareSteps } from './prepare.ts'
import { mixedObjections, rollingNote, rollingSteps, whyWhole } from './rolling.ts'
import { settleSteps } from './settle.ts'
import { slotSteps } from './slots.ts'
import { lasting, phasesOf, type Way } from './steps.ts'
import { dataObjections, leftOutside, sharedDataObjections } from './stores.ts'
import { turnSteps } from './turns.ts'
import { definitions, names } from './words.ts'

export interface SwitchRequest {
  readonly title: string
  readonly to: Manifest
  readonly observation: Observation
  /** Seconds that a new container has to become healthy. */
  readonly healthyWithin: number
  /** Seconds that visitors' connections with the old release have to end, before it is stopped. */
  readonly drain: number
  /** How many confirmed releases stay on the host. */
  readonly keep: number
  /** A rollback finds everything on the host and asks no registry. */
  readonly from: 'registry' | 'host'
  /** Whether somebody asks the new release before visitors are led to it, where the edge can have that. */
  readonly isAsked?: boolean
}

/** Plans the way from what runs to a release. */
export function planSwitch(request: SwitchRequest): Plan {
  const { to, observation, healthyWithin, drain } = request
  const objections = [
    ...mixedObjections(observation),
    ...dataObjections(to, observation),
    ...sharedDataObjections(to, observation),
    ...outsideObjections(to, observation),
  ]
  if (objections.length > 0) throw new UsageError(objections.join('\n'))
  const changes = changesFor(to, observation, request.from === 'host' ? 'left' : 'run')
  const changed = changes.filter(({ action, service }) => action !== 'leave' && service.kind !== 'data')
  const layout = layoutFor(to, observation, changed.some(isOfTheSet) ? 'moves' : 'stays')
  const gone = goneFrom(to, observation)
  const switched = to.slots?.edges ?? []
  const share = shareAssets(changed, { observation, kept: keptBy(request), id: to.id })
  const switching = { changes, changed, gone, healthyWithin, drain, switched, share, variant: layout.variant }
  const lastingOnes = lasting(changed)
  const renamed = renamedFrom(to, observation)
  const outside = outsideEdges(to, observation)
  const takesOver = outside.length > 0 && !SLOTS.some((slot) => slot === observation.currentVariant)
  const edgeChanged =
    takesOver ||
    (to.slots !== undefined && observation.edge !== undefined && observation.edge.hash !== to.slots.edgeHash)
  const isQuiet = changed.length + stoppedInSwitch(gone).length === 0
  const whole =
    to.strategy !== 'rolling'
      ? ''
      : to.slots === undefined
        ? 'old and new take turns'
        : whyWhole(to, observation, { changed, gone, layout, takesOver })
  const isRolling = whole === undefined && changed.some(isOfTheSet)
  const way =
    isQuiet && !edgeChanged
      ? NO_WAY
      : to.slots === undefined
        ? turnSteps(switching, to.order, layout.from)
        : (isRolling ? rollingSteps : slotSteps)({
            ...switching,
            order: to.order,
            slots: to.slots,
            layout,
            edgeChanged,
            takesOver,
            isToldLate: changed.some(isOfTheSet) && losesOld(movedWeb(to, observation)),
            isAsked: request.isAsked === true && to.slots.lets === true,
          })
  // A rollback migrates nothing, so nothing forbids its way back.
  const settle =
    request.from === 'host' || isQuiet
      ? []
      : settleSteps({ ...switching, layout, edgeChanged, way, endedJobs: endedJobs(changed) })
  return {
    title: request.title,
    variant: layout.variant,
    services: [
      ...changes.map((change) => describeChange(change, to, { edgeChanged, isRolling, was: renamed.get(change.name) })),
      ...allGone(gone).map((change) => describeGone(change, gone)),
      ...leftOutside(to, observation),
      ...outside.map(describeOutside),
    ],
    phases: {
      prepare: numbered(prepareSteps({ ...request, changes, outside, layout })),
      ...phasesOf(way),
      commit: numbered(lastingOnes.length === 0 ? [] : [stillWell(lastingOnes)]),
      finish: numbered(finishSteps({ ...request, layout, changes, gone, switched, edgeChanged, isRolling }, changed)),
      ...(settle.length > 0 && { settle: numbered(settle) }),
    },
    ...(lastingOnes.length > 0 && { watch: `are_well ${definitions(lastingOnes)}` }),
    notes: [
      ...(edgeChanged && changed.length === 0 ? [] : notesOn(request, changes, changed, allGone(gone).length)),
      ...(isRolling ? [rollingNote(changed)] : []),
      ...(whole && changed.some(isOfTheSet)
        ? [`x-estiba.strategy: rolling has no effect this time, because ${whole}`]
        : []),
    ],
  }
}

const NO_WAY: Way = { beside: [], ask: [], over: [], edge: [] }

/** Old containers that run, of what is a job now. */
function endedJobs(changed: readonly Change[]): readonly string[] {
  return changed.filter((change) => isJob(change) && change.alive.length > 0).map(({ name }) => name)
}

function stillWell(changed: readonly Change[]): Unnumbered {
  const monitored = changed.filter(({ service: { monitor } }) => monitor !== undefined)
  const seconds = Math.max(0, ...monitored.map(({ service: { monitor = 0 } }) => monitor))
  const look = `are_well ${definitions(changed)}`
  return {
    title: 'look at the new containers once more',
    because:
      seconds === 0
        ? 'what is confirmed must run at this moment'
        : `${names(monitored)} must have run well for ${seconds} s (update_config.monitor)`,
    run: seconds === 0 ? look : `run_for ${seconds} ${definitions(monitored)} && ${look}`,
    reversibility: 'nothing to undo',
    deadline: 30 + seconds,
  }
}
