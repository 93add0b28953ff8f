import type { Deed, Phases, Trace, TraceStep } from './trace.ts'
import { traceStep } from './trace.ts'

type Random = () => number

/** A trace of a few deeds that no one would have thought of, the same for the same numbers. */
export function randomTrace(name: string, random: Random): Trace {
  const chance = (probability: number): boolean => random() < probability
  const isAsked = chance(0.3)
  const phases: Phases = {
    prepare: steps(random, 'p', 1),
    ...(isAsked && { prove: steps(random, 'r', 2) }),
    switch: steps(random, 's', 2),
    ...(chance(0.7) && { commit: steps(random, 'c', 1) }),
    finish: steps(random, 'f', 2),
    ...(chance(0.7) && { settle: steps(random, 't', 2).map((step) => maybeSince(step, random)) }),
  }
  const expires = chance(0.08)
  return {
    name,
    phases,
    hasWatch: chance(0.3),
    lease: expires ? 3 : 60,
    deeds: expires ? [{ do: 'expire' }, confirm()] : deeds(random, isAsked),
  }
}

function maybeSince(step: TraceStep, random: Random): TraceStep {
  return random() < 0.4 ? { ...step, since: random() < 0.5 ? 'switch 01' : 'commit 01' } : step
}

function steps(random: Random, prefix: string, most: number): readonly TraceStep[] {
  const count = 1 + Math.floor(random() * most)
  return Array.from({ length: count }, (_, index) =>
    traceStep(`${prefix}${index + 1}`, {
      code: random() < 0.08 ? 1 + Math.floor(random() * 9) : 0,
      undoFails: random() < 0.04 ? 1 : random() < 0.015 ? 3 : 0,
      hasUndo: random() < 0.8,
      gate: random() < 0.12 ? random() < 0.6 : undefined,
    }),
  )
}

function deeds(random: Random, isAsked: boolean): readonly Deed[] {
  const way: Deed[] = [
    ...(random() < 0.35 ? [{ do: 'migrate' as const, steps: steps(random, 'm', 1) }] : []),
    ...words(random, 1),
    ...(isAsked ? [{ do: 'say' as const, words: ['advance', 'prove'], as: 'owner' as const }] : []),
    { do: 'say', words: ['advance', 'switch'], as: 'owner' },
    ...words(random, 2),
    {
      do: 'say',
      words: random() < 0.5 ? ['report', 'outside', 'good'] : ['report', 'outside', 'unknown'],
      as: 'owner',
    },
    confirm(),
  ]
  const cut = 1 + Math.floor(random() * way.length)
  return [...way.slice(0, cut), ...ending(random)]
}

/** Something that ends it, if it has not ended. */
function ending(random: Random): readonly Deed[] {
  const number = random()
  if (number < 0.3) return [{ do: 'kill' }, { do: 'say', words: ['renew', '60'], as: 'owner' }, { do: 'recover' }]
  if (number < 0.45) return [{ do: 'tear' }, { do: 'recover' }]
  if (number < 0.55) return [{ do: 'kill' }, { do: 'open another' }]
  if (number < 0.62) return [{ do: 'open another' }, { do: 'say', words: ['abort', 'enough'], as: 'other' }]
  return [{ do: 'say', words: ['abort', 'enough'], as: random() < 0.5 ? 'owner' : 'other' }]
}

function words(random: Random, most: number): readonly Deed[] {
  const all: readonly (readonly string[])[] = [
    ['renew', '50'],
    ['renew', 'soon'],
    ['report', 'outside', 'bad'],
    ['report', 'inside', 'good'],
    ['confirm', 'unchecked'],
    ['confirm', 'checked'],
    ['advance', 'migrate'],
    ['advance', 'prepare'],
    ['advance', 'prove'],
    ['sing'],
  ]
  return Array.from({ length: Math.floor(random() * (most + 1)) }, () => ({
    do: 'say',
    words: all[Math.floor(random() * all.length)] ?? [],
    as: random() < 0.85 ? 'owner' : 'other',
  }))
}

function confirm(): Deed {
  return { do: 'say', words: ['confirm', 'unchecked'], as: 'owner' }
}
