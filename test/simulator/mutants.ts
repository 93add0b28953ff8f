import type { Agent } from './agent/agent.ts'
import type { Site } from './agent/site.ts'
import { done, type Tools } from './effects/interpret.ts'
import type { Fault } from './faults.ts'
import type { Run } from './kernel.ts'
import * as agents from './planted-agents.ts'
import type { Planted } from './run.ts'
import type { Case } from './world/world.ts'

/** A planted bug of the protocol, where it is looked for, and the check that must see it. */
export interface Mutant {
  readonly name: string
  readonly planted: Planted
  readonly tried: Case
  readonly faults: readonly Fault[]
  /** What strikes once more when all is at rest. */
  readonly then?: Fault
  readonly caughtBy: RegExp
}

const FINE: Case = { world: 'new fine', verb: 'deploy' }
const SICK: Case = { world: 'never healthy', verb: 'deploy' }
const IRREVERSIBLE: Case = { world: 'irreversible migration', verb: 'deploy' }

function agent(program: new (site: Site, id: string) => Agent): Planted {
  return { agent: (site, id) => new program(site, id) }
}

const CUT: readonly Fault[] = ['host cut off', 'host cut off, writes torn']
const KILLED: readonly Fault[] = ['agent killed']

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'an effect is recorded after it',
    planted: agent(agents.RecordsAfterTheEffect),
    tried: FINE,
    faults: KILLED,
    caughtBy: /^current is guarded/,
  },
  {
    name: 'records are not synced',
    planted: agent(agents.SyncsNothing),
    tried: FINE,
    faults: CUT,
    caughtBy: /^current is guarded/,
  },
  {
    name: 'an orphaned effect is neither waited for nor ended',
    planted: agent(agents.LeavesOrphans),
    tried: FINE,
    faults: ['agent and its effect separated'],
    caughtBy: /^left over/,
  },
  {
    name: 'gates are not asked',
    planted: agent(agents.AsksNoGate),
    tried: IRREVERSIBLE,
    faults: KILLED,
    caughtBy: /^old code was started on the new schema/,
  },
  {
    name: 'what may not be taken back is left as it is',
    planted: agent(agents.SettlesNothing),
    tried: IRREVERSIBLE,
    faults: KILLED,
    caughtBy: /^no (worker|beat) runs/,
  },
  {
    name: 'what had not begun to be replaced is settled too',
    planted: agent(agents.SettlesWhatNeverBegan),
    tried: IRREVERSIBLE,
    faults: KILLED,
    caughtBy: /^the last container of api was stopped/,
  },
  {
    name: 'the new is kept alive before the old is stopped, where there is no way back',
    planted: agent(agents.KeepsTheNewAliveFirst),
    tried: IRREVERSIBLE,
    faults: KILLED,
    caughtBy: /^two schedulers run/,
  },
  {
    name: 'a trial whose agent died is wound up',
    planted: agent(agents.WindsUpTrials),
    tried: FINE,
    faults: KILLED,
    caughtBy: /^committed, although nobody confirmed/,
  },
  {
    name: 'a committed release whose agent died is taken back',
    planted: agent(agents.UndoesWhatIsCommitted),
    tried: FINE,
    faults: KILLED,
    caughtBy: /^nobody serves/,
  },
  {
    name: 'recovery does nothing',
    planted: agent(agents.RecoversNothing),
    tried: FINE,
    faults: KILLED,
    caughtBy: /^a transaction is open/,
  },
  {
    name: 'the terminal record comes before the way back',
    planted: agent(agents.EndsBeforeTheWayBack),
    tried: SICK,
    faults: KILLED,
    caughtBy: /^left over|^the job says/,
  },
  {
    name: 'torn tails are not cut off',
    planted: agent(agents.LeavesTornTails),
    tried: FINE,
    faults: CUT,
    caughtBy: /^the job says stuck/,
  },
  {
    name: 'a lease never ends',
    planted: agent(agents.HasNoDeadline),
    tried: FINE,
    faults: ['runner killed'],
    caughtBy: /^it does not come to rest/,
  },
  {
    name: 'the reserve is not set free',
    planted: agent(agents.KeepsItsReserve),
    tried: FINE,
    faults: ['disk full'],
    caughtBy: /^it does not come to rest/,
  },
  {
    name: 'nothing is tidied up',
    planted: agent(agents.TidiesNothingUp),
    tried: FINE,
    faults: KILLED,
    caughtBy: /^left over/,
  },
  {
    name: 'the stack is free before its history is written',
    planted: agent(agents.FreesTheStackFirst),
    tried: FINE,
    faults: CUT,
    caughtBy: /^the job does not know/,
  },
  {
    name: 'the decision is recorded behind what follows from it',
    planted: agent(agents.CommitsBeforeItRecords),
    tried: FINE,
    faults: KILLED,
    caughtBy: /^nobody serves/,
  },
  {
    name: 'a trial is confirmed whatever becomes of it',
    planted: agent(agents.SkipsTheLook),
    tried: { world: 'dies in trial', verb: 'deploy' },
    faults: ['link lost'],
    caughtBy: /^well again only after/,
  },
  {
    name: 'old containers are stopped with their restart policy',
    planted: {
      effects: { stop_old: ({ docker, containers }, services) => docker.stop(containers.oldOfAll(services) ?? []) },
    },
    tried: FINE,
    faults: ['engine terminated'],
    caughtBy: /^two schedulers run/,
  },
  {
    name: 'what the release has no more goes on in the trial',
    planted: {
      effects: {
        stop_old: ({ containers }, services) => containers.stopOld(services.filter((each) => !each.endsWith('=gone'))),
      },
    },
    tried: { world: 'renamed', verb: 'deploy' },
    faults: KILLED,
    caughtBy: /^two schedulers run/,
  },
  {
    name: 'what served is not noted',
    planted: { effects: { note_served: () => done() } },
    tried: FINE,
    faults: KILLED,
    caughtBy: /^no (worker|beat) runs/,
  },
  {
    name: 'current is not led back behind what is kept',
    planted: { effects: { lead_back: () => done() } },
    tried: SICK,
    faults: KILLED,
    caughtBy: /^current is guarded/,
  },
  {
    name: 'what served is started without its restart policy',
    planted: { effects: { stand_by: startServed } },
    tried: FINE,
    faults: KILLED,
    then: 'engine terminated',
    caughtBy: /^no (worker|beat) runs/,
  },
  {
    name: 'the edge is switched without a sync',
    planted: { effects: { switch_edge: ({ files }, [to = '']) => files.linkUnsynced('edge/live', `slots/${to}`) } },
    tried: FINE,
    faults: CUT,
    caughtBy: /^nobody serves/,
  },
  {
    name: 'new containers count before they have proved themselves',
    planted: {
      effects: {
        start_and_prove: ({ docker, containers }, [, ...services]) => docker.start(containers.newOfAll(services) ?? []),
        are_well: () => done(),
      },
    },
    tried: SICK,
    faults: ['link lost'],
    caughtBy: /^what serves is not healthy/,
  },
  {
    name: 'old containers stay',
    planted: { effects: { remove_old: () => done() } },
    tried: FINE,
    faults: KILLED,
    caughtBy: /^left over/,
  },
  {
    name: 'new containers do not get their restart policy',
    planted: { effects: { keep_alive: () => done() } },
    tried: FINE,
    faults: ['engine terminated'],
    caughtBy: /^nobody serves/,
  },
  {
    name: 'nothing is started after a start of the engine',
    planted: { revive: () => nothing() },
    tried: FINE,
    faults: ['engine killed'],
    caughtBy: /^nobody serves/,
  },
]

function* startServed({ docker, containers }: Tools, services: readonly string[]): Run<boolean> {
  const ids = containers.served().flatMap(([service = '', id = '']) => (services.includes(service) ? [id] : []))
  return yield* docker.start(docker.engine.containers.filter(({ id }) => ids.includes(id)))
}

function* nothing(): Run<number> {
  yield 0
  return 0
}
