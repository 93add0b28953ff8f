import type { Fault } from './faults.ts'
import type { Aim } from './trial.ts'
import type { Case, World } from './world/world.ts'

/** What is known of a run when a violation of it is looked up. */
export interface Finding {
  readonly violation: string
  readonly world: World
  readonly result: string | undefined
  readonly strikes: readonly { readonly fault: Fault; readonly instant: string }[]
}

interface Defect {
  readonly name: string
  readonly matches: (finding: Finding) => boolean
  /** Where it is seen. */
  readonly example: readonly [tried: Case, aim: Aim]
}

const IRREVERSIBLE: Case = { world: 'irreversible migration', verb: 'deploy' }

/**
 * What the simulator has found and is not mended yet. Each is counted, not forgiven: a test wants to see each of them still,
 * so that whoever mends one takes it out here.
 */
export const DEFECTS: readonly Defect[] = [
  {
    name: 'a stop that the engine goes on with ends a worker after `docker start` found it running still',
    matches: ({ violation, result, strikes }) =>
      /^no (worker|beat) runs$/.test(violation) &&
      result === 'undone' &&
      strikes.some(({ instant }) => /^midst run (stop|update) in stop_old|^before run switch/.test(instant)),
    example: [{ world: 'new fine', verb: 'deploy' }, [['agent killed', 'midst run stop in stop_old']]],
  },
  {
    name: "the name of the migration's plan is not synced, so its gate is not asked after a cut",
    matches: ({ violation, world, result, strikes }) =>
      world === 'irreversible migration' &&
      result === 'undone' &&
      /old code/.test(violation) &&
      strikes.some(({ fault }) => fault.startsWith('host cut off')),
    example: [IRREVERSIBLE, [['host cut off', 'recorded state trial']]],
  },
  {
    name: 'the name of the reserve is not synced, so a full disk has no room for the way back after a cut',
    matches: ({ strikes }) =>
      strikes.some(({ fault }) => fault === 'disk full') &&
      strikes.some(({ fault }) => fault.startsWith('host cut off')),
    example: [
      { world: 'new fine', verb: 'deploy' },
      [
        ['disk full', 'before run prepare 01'],
        ['host cut off', 'after run prepare 01'],
      ],
    ],
  },
  {
    name: 'a job whose recovery dies too is red, although the release is confirmed',
    matches: ({ violation, result, strikes }) =>
      violation === 'the colour of the job is not what it says' && result === 'committed' && strikes.length > 1,
    example: [
      { world: 'new fine', verb: 'deploy' },
      [
        ['agent killed', 'before run finish 01'],
        ['agent killed', 'before run finish 02'],
      ],
    ],
  },
  {
    name: 'stuck behind an irreversible migration: workers and scheduler may be stopped, and what is new has no restart policy',
    matches: ({ violation, world, result }) =>
      world === 'irreversible migration' &&
      result === 'stuck' &&
      /^no (worker|beat) runs$|^nobody serves$/.test(violation),
    example: [IRREVERSIBLE, [['agent killed', 'after run switch 05']]],
  },
  {
    name: 'stuck behind an irreversible migration: the edge falls back to the old code',
    matches: ({ violation, world, result }) =>
      world === 'irreversible migration' && result === 'stuck' && /old code/.test(violation),
    example: [IRREVERSIBLE, [['engine killed', 'recorded state trial']]],
  },
  {
    name: 'what an engine that was killed left down is not brought back before the switch, since a transaction is open',
    matches: ({ violation, strikes }) =>
      /^stuck, although|^no (worker|beat) runs$/.test(violation) &&
      strikes.some(({ fault }) => fault === 'engine killed'),
    example: [
      { world: 'new fine', verb: 'deploy' },
      [
        ['engine killed', 'recorded state prepared'],
        ['link lost', 'written waiting prepared'],
      ],
    ],
  },
  {
    name: 'a migration that ended is not removed when the engine does not answer',
    matches: ({ violation, world }) => world === 'irreversible migration' && /^left over: api c\d+$/.test(violation),
    example: [
      IRREVERSIBLE,
      [
        ['host cut off', 'midst run migration in run_once'],
        ['engine terminated', 'before undo migrate 02'],
      ],
    ],
  },
]

/** The name of the defect that a violation comes from. */
export function knownDefect(finding: Finding): string | undefined {
  return DEFECTS.find(({ matches }) => matches(finding))?.name
}
