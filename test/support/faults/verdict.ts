import type { BundleRun } from '../bundle.ts'
import type { Fault } from './fault.ts'
import type { Wanted } from './objections.ts'
import type { World } from './small-shop.ts'
import type { Standing } from './standing.ts'
import type { Visit } from './visitors.ts'

/** Whether the job says what happened. */
export function colour(main: BundleRun, post: BundleRun, result: string): readonly string[] {
  const says = main.stdout + post.stdout
  const code = main.code ?? 'a signal'
  return [
    ...((main.code === 0) === (result === 'committed') ? [] : [`the job ended with ${code}, and it is ${result}`]),
    ...(result !== 'undone' || /undone: the release before serves/i.test(says)
      ? []
      : ['the job does not say that it is undone']),
    ...(result !== 'committed' || says.includes('Confirmed: the new release is the live one')
      ? []
      : ['the job does not say that it is confirmed']),
    ...(post.code === 0 ? [] : [`the post step ended with ${post.code ?? 'a signal'}`]),
  ]
}

/** What must come of it, as far as that does not depend on the moment. */
export function outcome({ by }: Fault, world: World, result: string): readonly string[] {
  if (world !== 'fine') return result === 'undone' ? [] : [`a release that is ${world} is ${result}`]
  if (by.where === 'link') return result === 'committed' ? [] : [`a lost connection made it ${result}`]
  return []
}

/** What visitors have seen: nobody is sent away because of a deploy, and nobody to what has not proved itself. */
export function experience(
  { touches }: Fault,
  world: World,
  visits: readonly Visit[],
  { version, before }: Wanted,
): readonly string[] {
  const failed = visits.filter(({ failure }) => failure !== undefined)
  const seen = new Set(visits.flatMap((visit) => visit.version ?? []))
  const strange = [...seen].filter((each) => each !== before && (each !== version || world === 'never healthy'))
  const [first] = failed
  return [
    ...(touches === 'engine' || first === undefined
      ? []
      : [
          `${failed.length} of ${visits.length} requests failed, such as at ${new Date(first.at).toISOString()}: ${first.failure ?? ''}`,
        ]),
    ...strange.map((each) => `a visitor was served by ${each}`),
    ...(visits.length === 0 ? ['no visitor came'] : []),
  ]
}

/**
 * Whether two schedulers ran at once, by their own signs of life and by `docker ps`.
 *
 * @param known how many of them there were before; only the last of these can meet the new ones
 */
export function doubled(
  schedulers: Standing['schedulers'],
  known: number,
  { most, looks }: { readonly most: number; readonly looks: number },
): readonly string[] {
  const these = schedulers.slice(Math.max(0, known - 1))
  const overlaps = these.flatMap(({ id, first }, index) => {
    const other = these.slice(0, index).find(({ last }) => last > first)
    return other === undefined ? [] : [`two schedulers ran at once: ${other.id} and ${id}`]
  })
  return [
    ...overlaps,
    ...(most <= 1 ? [] : [`docker ps showed ${most} schedulers`]),
    ...(looks > 0 ? [] : ['nobody looked for schedulers']),
  ]
}
