import {
  asked,
  awaited,
  clockInText,
  clockInName,
  type Inference,
  keeper,
  once,
  proxy,
  published,
  queueInName,
  queueInText,
  store,
} from './kind-signs.ts'
import type { Service } from './model.ts'

/**
 * What a service is to a deploy. `edge` takes the visitors' requests and passes them on, `data` keeps what must not be lost
 * and is outside every deploy's reach. A release replaces the others: `web` answers requests, a `worker` looks for its work
 * itself, a `scheduler` starts work by the clock and must never run twice, a `job` runs to its end.
 */
export const KINDS = ['edge', 'web', 'worker', 'scheduler', 'job', 'data'] as const
export type Kind = (typeof KINDS)[number]

/** Whether a release replaces it: together with all others of which that is true, where there are slots. The rest is in both of those. */
export function isReplaced(kind: Kind | undefined): boolean {
  return kind !== undefined && kind !== 'edge' && kind !== 'data'
}

/** Why a service is of a kind that nobody had to infer. */
export const LABELLED = 'its label estiba.kind says so'

export interface KindOf {
  readonly kind: Kind
  /** Why, for the plan. */
  readonly because: string
}

/**
 * The first that knows an answer counts. What might lose something comes early; signs in a text come before an open port, and
 * a name alone comes after it.
 */
const INFERENCES: readonly (readonly [Kind, Inference])[] = [
  ['job', awaited],
  ['data', store],
  ['edge', proxy],
  ['data', keeper],
  ['scheduler', clockInText],
  ['worker', queueInText],
  ['web', published],
  ['job', once],
  ['scheduler', clockInName],
  ['worker', queueInName],
  ['web', asked],
]

/** Infers the kind of a service, or takes the label `estiba.kind`. Returns the problem as a string when the label is none. */
export function kindOf(name: string, services: Readonly<Record<string, Service>>): KindOf | string {
  const service = services[name] ?? {}
  const label = service.labels?.['estiba.kind']
  if (label !== undefined) {
    const kind = KINDS.find((known) => known === label)
    return kind
      ? { kind, because: LABELLED }
      : `services.${name}.labels: estiba.kind is "${label}"; write one of ${KINDS.join(', ')}`
  }
  for (const [kind, infer] of INFERENCES) {
    const because = infer(name, service, services)
    if (because !== undefined) return { kind, because }
  }
  return { kind: 'worker', because: 'nothing says that anybody asks it' }
}
