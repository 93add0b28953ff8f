/** Numbers from 0 to 1, the same ones for the same seed. Mulberry32: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Another one for each run, unless ESTIBA_SEED gives that of a run to repeat. It is printed. */
export function seedOfThisRun(): number {
  const seed = Number(process.env['ESTIBA_SEED'] ?? Math.floor(Math.random() * 1e9))
  console.log(`ESTIBA_SEED=${seed}`)
  return seed
}

/** So many of them, in their order: others in each run, and all of them where ESTIBA_EVERY is set. */
export function someOf<T>(count: number, all: readonly T[]): readonly T[] {
  if (process.env['ESTIBA_EVERY'] !== undefined) return all
  const random = randomFrom(seedOfThisRun())
  const ranked = all.map((each) => ({ each, rank: random() })).sort((one, other) => one.rank - other.rank)
  const chosen = new Set(ranked.slice(0, count).map(({ each }) => each))
  return all.filter((each) => chosen.has(each))
}
