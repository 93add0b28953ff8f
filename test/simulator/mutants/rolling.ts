import { done } from '../effects/interpret.ts'
import { leadService } from '../effects/rolling.ts'
import type { Mutant } from './mutant.ts'

/** Planted bugs where one web service goes after the other. */
export const ROLLING_MUTANTS: readonly Mutant[] = [
  {
    name: 'an old one is not stopped before the next new one starts',
    planted: { effects: { stop_old: () => done() } },
    tried: { world: 'rolling', verb: 'deploy' },
    faults: ['agent killed'],
    caughtBy: /^they run twice at once/,
  },
  {
    name: 'on the way back a service is led to what does not run yet',
    planted: { effects: { come_back: () => done() } },
    tried: { world: 'rolling', verb: 'deploy' },
    faults: ['agent killed'],
    caughtBy: /is led to nobody$/,
  },
  {
    name: 'the edge is led to a slot where a new one has failed',
    planted: { effects: { lead_all: (tools, [to = '']) => tools.files.link('edge/live', `slots/${to}`) } },
    tried: { world: 'irreversible migration, rolling, site never healthy', verb: 'deploy' },
    faults: ['agent killed'],
    caughtBy: /^nobody healthy serves the site/,
  },
  {
    name: 'a marker is taken for there before it is',
    planted: {
      effects: {
        lead_service: (tools, [to = '', service = '']) =>
          service === 'api' ? done() : leadService(tools, [to, service]),
        see_edge: () => done(),
      },
    },
    tried: { world: 'rolling', verb: 'deploy' },
    faults: ['agent killed'],
    caughtBy: /^api is led to nobody$/,
  },
]
