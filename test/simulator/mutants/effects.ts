import { done, type Tools } from '../effects/interpret.ts'
import type { Run } from '../kernel.ts'
import { CUT, FINE, KILLED, type Mutant, SICK } from './mutant.ts'

/** What the steps do is otherwise, or what follows a start of the engine. */
export const EFFECT_MUTANTS: readonly Mutant[] = [
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
