import type { Agent } from '../agent/agent.ts'
import type { Site } from '../agent/site.ts'
import type { Planted } from '../run.ts'
import { CUT, FINE, IRREVERSIBLE, KILLED, type Mutant, SICK } from './mutant.ts'
import * as agents from './planted-agents.ts'

function agent(program: new (site: Site, id: string) => Agent): Planted {
  return { agent: (site, id) => new program(site, id) }
}

/** The agent itself does otherwise. */
export const AGENT_MUTANTS: readonly Mutant[] = [
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
]
