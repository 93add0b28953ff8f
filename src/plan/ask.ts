import type { Variant } from '../edge/slots.ts'
import type { Change } from './changes.ts'
import type { Unnumbered } from './plan.ts'
import type { SlotSwitch } from './slots.ts'
import { staying, toldOf, webOf } from './steps.ts'
import { definitions, names } from './words.ts'

/**
 * Whether the new release can be asked before visitors are led to it: where it moves beside what serves, behind edges that stay as they are, and know
 * the slots already.
 */
export function canBeAsked(request: SlotSwitch): boolean {
  const { changed, layout, takesOver } = request
  const told = toldOf(staying(request), request)
  return (
    request.isAsked &&
    webOf(changed).some(({ action }) => action !== 'repair') &&
    layout.live !== undefined &&
    !takesOver &&
    !(request.edgeChanged && request.isToldLate) &&
    told.length === request.switched.length
  )
}

export function letAsk(variant: Variant): Unnumbered {
  return {
    title: `let the job ask slot ${variant} through the edge`,
    because: 'what answers its checks with errors is found before a visitor is led there',
    run: `let_ask ${variant}`,
    undo: 'end_asking',
    reversibility: 'reversible',
    deadline: 10,
  }
}

/** What was proved may have ended since, if only by what it was asked. */
export function endAsking(web: readonly Change[]): Unnumbered {
  return {
    title: `let nobody ask any more, and look at the new ${names(web)} once more`,
    because: 'from now on the edge leads everybody to the same release, and it must run',
    run: `end_asking && are_well ${definitions(web)}`,
    reversibility: 'nothing to undo',
    deadline: 30,
  }
}
