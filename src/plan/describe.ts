import type { Manifest } from '../release/manifest.ts'
import { nameOf } from '../stack/observation.ts'
import type { Change } from './changes.ts'
import type { Gone } from './gone.ts'
import type { ServicePlan } from './plan.ts'

/** What the plan says of a service: what it is, what becomes of it, and what that costs. */
export function describeChange(
  change: Change,
  to: Manifest,
  {
    edgeChanged,
    isRolling,
    was,
  }: { readonly edgeChanged: boolean; readonly isRolling: boolean; readonly was: string | undefined },
): ServicePlan {
  const { name, service, action, running, alive, joins, idle } = change
  const because = was === undefined ? change.because : `renamed: was ${was}`
  const base = { name, kind: service.kind, action, because: `${because} (${service.kindBecause})` }
  const left = idle.map((each) => `${nameOf(each)} (${each.status})`).join(', ')
  if (action === 'leave' && joins)
    return { ...base, action: 'join', because: `${APART} (${service.kindBecause})`, added: 0 }
  if (left !== '')
    return {
      ...base,
      action: 'tidy',
      because: `it stays; left over beside it, and removed: ${left} (${service.kindBecause})`,
      added: 0,
    }
  if (action === 'leave' && edgeChanged && to.slots?.edges.includes(name) === true)
    return { ...base, because: `it loads its new configuration (${service.kindBecause})`, added: 0 }
  if (action === 'leave') return { ...base, added: 0 }
  const isBeside = action === 'replace' && service.beside
  const added = Math.max(0, service.replicas - (isBeside ? 0 : alive.length))
  if (action !== 'replace' || running.length === 0) return { ...base, added }
  if (isBeside && service.kind === 'worker' && !isRolling)
    return {
      ...base,
      added,
      downtime: 'no gap: old and new both work until the release is confirmed (update_config.order)',
    }
  if (isBeside && isRolling && service.kind !== 'job')
    return { ...base, added, goes: 'by itself', downtime: 'no downtime: new beside old, one service after the other' }
  if (isBeside)
    return {
      ...base,
      added,
      ...(to.strategy === undefined && { goes: 'with the set' as const }),
      downtime: 'no downtime: new beside old, then one switch',
    }
  return { ...base, added, downtime: gapOf(change, to) }
}

const APART = 'it runs outside the networks of the slots, where the others look for it, and joins them as it is'

/** Of a service that the release no longer has: until when it serves, and what is left of it. */
export function describeGone({ name, service: { kind }, because }: Change, { afterCommit }: Gone): ServicePlan {
  const isLate = afterCommit.some((late) => late.name === name)
  const when =
    kind === 'job'
      ? 'it is removed after the commit'
      : isLate
        ? 'it serves until the commit, and is removed when it has no visitors any more'
        : 'it is stopped before what comes in its place starts, kept for the way back, and removed after the commit'
  return { name, kind, action: 'retire', because: `${because}; ${when}`, added: 0 }
}

/** Who takes turns with its predecessor: for how long nobody does its work, and how that could be otherwise. */
function gapOf({ name, service: { kind, stopGrace } }: Change, { slots }: Manifest): string {
  const long = `from the stop of the old until the new is healthy: at most ${stopGrace} s to stop, plus its start`
  if (kind === 'worker') return `its work waits ${long}`
  if (kind === 'scheduler') return `nothing starts by its clock ${long}`
  if (kind === 'edge')
    return `no visitor gets in ${long}${slots?.edges.includes(name) === true ? ', this once: what it leads to changes without it' : ''}`
  const otherwise = slots
    ? '; no gap once the edge, or a web service that depends on it, asks a port that it exposes'
    : ''
  return `down ${long}${otherwise}`
}
