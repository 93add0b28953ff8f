import type { World } from './small-shop.ts'

/** A point of a deploy at which a fault strikes: when this stands in the journal on the host. */
export interface Moment {
  readonly name: string
  /** Part of the journal, with a space for each line end: ` began switch 03 `. */
  readonly record: string
  /** The worlds in which a deploy comes as far. */
  readonly worlds: readonly World[]
  /** Whether a docker command runs then. */
  readonly docker: boolean
}

type Step = readonly [phase: string, title: string, effect: 'docker' | 'files']

/**
 * The steps of a deploy of the small shop over one that serves, in their order. A deploy without a fault at the end of each
 * file of tests is compared with it.
 */
export const STEPS: readonly Step[] = [
  ['prepare', 'stage the release', 'files'],
  ['prepare', 'pull the images', 'docker'],
  ['prove', 'note what serves, and guard it', 'docker'],
  ['prove', 'create the new', 'docker'],
  ['prove', 'start the new web, and wait until it is healthy', 'docker'],
  ['prove', 'let the job ask', 'docker'],
  ['switch', 'let nobody ask any more', 'docker'],
  ['switch', 'stop the old scheduler', 'docker'],
  ['switch', 'start the new scheduler, and wait until it is healthy', 'docker'],
  ['switch', 'lead the edge to the other slot', 'docker'],
  ['commit', 'look at the new containers once more', 'docker'],
  ['finish', 'point current to the release', 'files'],
  ['finish', 'lead the edge to the release alone', 'docker'],
  ['finish', 'give the new containers their restart policy', 'docker'],
  ['finish', 'stop and remove the old containers', 'docker'],
  ['finish', 'forget old releases', 'files'],
]

/** The steps as the journal names them: `switch 03`. */
export const STEP_NAMES: readonly string[] = STEPS.map(([phase], index) => {
  const place = STEPS.slice(0, index).filter(([other]) => other === phase).length + 1
  return `${phase} ${String(place).padStart(2, '0')}`
})

/** A step by the beginning of its title, as the journal names it. */
function nameOf(title: string): string {
  const index = STEPS.findIndex(([, of]) => of.startsWith(title))
  return STEP_NAMES[index] ?? `no step: ${title}`
}

/** The last step that a release comes to that is never healthy. */
const PROOF = nameOf('start the new web')

/** Before the effect of each step, after each, and while the agent waits for a word. */
export function boundaries(): readonly Moment[] {
  const steps = STEPS.flatMap(([phase, title, effect], index): Moment[] => {
    const step = STEP_NAMES[index] ?? ''
    const worlds = worldsAt(phase, step)
    return [
      { name: `before ${step}, ${title}`, record: ` began ${step} `, worlds, docker: effect === 'docker' },
      { name: `after ${step}, ${title}`, record: ` did ${step} `, worlds, docker: false },
    ]
  })
  const waits = (['prepared', 'proved', 'trial'] as const).map((state): Moment => {
    const worlds: readonly World[] =
      state !== 'prepared' ? ['fine', 'dies in trial'] : ['fine', 'never healthy', 'dies in trial']
    return { name: `while ${state}`, record: ` waiting ${state} `, worlds, docker: false }
  })
  return [...steps, ...waits]
}

function worldsAt(phase: string, step: string): readonly World[] {
  if (phase === 'commit' || phase === 'finish') return ['fine']
  if (phase === 'switch' || step > PROOF) return ['fine', 'dies in trial']
  return ['fine', 'never healthy', 'dies in trial']
}

/** On the way back of a release that failed: at its beginning, and after each step that was taken back. */
export function wayBack(): readonly Moment[] {
  const early: readonly World[] = ['never healthy', 'dies in trial']
  const late: readonly World[] = ['dies in trial']
  const undone = [
    ...['lead the edge to the other', 'start the new scheduler', 'stop the old'].map(
      (step) => [nameOf(step), late] as const,
    ),
    ...['start the new web', 'create', 'note', 'stage'].map((step) => [nameOf(step), early] as const),
  ]
  return [
    { name: 'at the beginning of the way back', record: ' undoing ', worlds: early, docker: true },
    ...undone.map(([step, worlds]) => ({
      name: `on the way back, after ${step}`,
      record: ` undid ${step} `,
      worlds,
      docker: false,
    })),
  ]
}
