/** What kind of release comes to what kind of host. */
export const WORLDS = [
  'new fine',
  'never healthy',
  'dies in trial',
  'answers errors',
  'old already bad',
  'irreversible migration',
  'irreversible migration, never healthy',
  'irreversible migration, answers errors',
  'renamed',
  'renamed, dies in trial',
  'irreversible migration, renamed',
  'rolling',
  'rolling, site never healthy',
  'rolling, dies in trial',
  'irreversible migration, rolling',
  'irreversible migration, rolling, site never healthy',
] as const
export type World = (typeof WORLDS)[number]

/** Whether the old code can't run on what the new one makes of the schema. */
export function isIrreversible(world: World): boolean {
  return world.startsWith('irreversible')
}

/** Whether the new release is healthy by its own check, and not by those that the job asks it with before the switch. */
export function answersErrors({ world, verb }: Case): boolean {
  return verb === 'deploy' && world.endsWith('answers errors')
}

/** Whether worker and scheduler have other names in the new release. */
export function isRenamed(world: World): boolean {
  return world.includes('renamed')
}

/** Whether one web service goes after the other, of two. */
export function isRolling(world: World): boolean {
  return world.includes('rolling')
}

/** Where a migration forbids the way back, and the way on is not there either: each service goes on with what serves. */
export function staysMixed(world: World): boolean {
  return isIrreversible(world) && world.endsWith('site never healthy')
}

export const VERBS = ['deploy', 'rollback'] as const
export type Verb = (typeof VERBS)[number]

/** One thing to try: what is done on what kind of host. */
export interface Case {
  readonly world: World
  readonly verb: Verb
}
