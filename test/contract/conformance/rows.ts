import { RECOVERY, type State, STATES, VERBS, verbsOf } from '../../../src/agent/protocol.ts'
import { type Deed, type Phases, PLAIN, type Trace, traceStep } from './trace.ts'

const WORDS = [...new Set(VERBS.map(({ word }) => word))]

/** States in which a transaction can be spoken to. */
const SPOKEN_TO = STATES.filter((state) => state !== 'forbidden' && state !== 'committed')

/** With a phase in which the new release proves itself. */
const ASKED: Phases = { ...PLAIN, prove: [traceStep('r1'), traceStep('r2')] }
const HELD_AT_OPEN: Phases = { ...PLAIN, prepare: [traceStep('p1', { isHeld: true })] }
const OPENING = { step: 'p1', words: ['open'] } as const
const MIGRATE: Deed = { do: 'migrate', steps: [traceStep('m1')] }
const PROVE: Deed = { do: 'say', words: ['advance', 'prove'], as: 'owner' }
const SWITCH: Deed = { do: 'say', words: ['advance', 'switch'], as: 'owner' }
const CONFIRM: Deed = { do: 'say', words: ['confirm', 'unchecked'], as: 'owner' }

/** Every row of the table of words, and what is not in it: in each state, by the owner and by others. */
export function verbRows(): readonly Trace[] {
  return SPOKEN_TO.flatMap((state) => [
    trace(`${state}: all that is refused`, state, [...refused(state), abort('owner')]),
    trace(`${state}: renew, report and abort by the owner`, state, [renew(), report('good'), abort('owner'), renew()]),
    trace(`${state}: abort by others`, state, [abort('other'), abort('other')]),
    ...forward(state),
  ])
}

/** What leads from one state to the next, and a word that is heard in a later state than it was said in. */
function forward(state: State): readonly Trace[] {
  switch (state) {
    case 'open':
      return [trace('open: advance prepare', state, [say('advance', 'prepare'), abort('owner')])]
    case 'prepared':
      return [
        trace('prepared: advance migrate', state, [MIGRATE, abort('owner')]),
        trace('prepared: advance migrate without steps', state, [say('advance', 'migrate'), abort('owner')]),
        trace('prepared: advance switch', state, [SWITCH, abort('owner')]),
        { ...trace('prepared: advance prove', state, [SWITCH, PROVE, abort('owner')]), phases: ASKED },
      ]
    case 'migrated':
      return [
        trace('migrated: advance switch', state, [SWITCH, abort('owner')]),
        { ...trace('migrated: advance prove', state, [SWITCH, PROVE, abort('owner')]), phases: ASKED },
      ]
    case 'proved':
      return [trace('proved: advance switch', state, [SWITCH, CONFIRM, abort('owner')])]
    case 'trial':
      return [
        trace('trial: confirm unchecked', state, [CONFIRM, CONFIRM, abort('other')]),
        trace('trial: confirm checked', state, [say('confirm', 'checked'), report('good'), say('confirm', 'checked')]),
        trace('trial: confirm against a check', state, [
          report('bad'),
          CONFIRM,
          report('unknown'),
          CONFIRM,
          report('good'),
          CONFIRM,
        ]),
      ]
    case 'forbidden':
    case 'committed':
      return []
  }
}

/** Every row of the table of recovery: with the agent killed, and with half of its last record. */
export function recoveryRows(): readonly Trace[] {
  return RECOVERY.flatMap(({ state }): readonly Trace[] => {
    switch (state) {
      case 'open':
        return [struck('open: killed', state, [{ do: 'kill meanwhile', ...OPENING }, renew()])]
      case 'forbidden': {
        const phases = { ...PLAIN, settle: [traceStep('t1'), traceStep('t2', { isHeld: true }), traceStep('t3')] }
        const kill: Deed = { do: 'kill meanwhile', step: 't2', words: ['abort', 'enough'] }
        return [{ ...trace('forbidden: killed', 'prepared', [gated(false), SWITCH, kill, CONFIRM]), phases }]
      }
      case 'committed': {
        const phases = { ...PLAIN, finish: [traceStep('f1'), traceStep('f2', { isHeld: true }), traceStep('f3')] }
        const kill: Deed = { do: 'kill meanwhile', step: 'f2', words: ['confirm', 'unchecked'] }
        return [{ ...trace('committed: killed', 'trial', [kill, CONFIRM]), phases }]
      }
      case 'prepared':
      case 'migrated':
      case 'proved':
      case 'trial':
        return [
          trace(`${state}: killed`, state, [{ do: 'kill' }, renew(), { do: 'recover' }, renew(), { do: 'recover' }]),
          trace(`${state}: torn`, state, [{ do: 'tear' }, { do: 'recover' }, CONFIRM]),
        ]
    }
  })
}

/** What the tables do not say: watches, leases, gates, ways back that fail, aborts in the midst of a step, another transaction. */
export function otherWays(): readonly Trace[] {
  const held = { ...PLAIN, switch: [traceStep('s1'), traceStep('s2', { isHeld: true })] }
  const inSwitch = { step: 's2', words: ['advance', 'switch'] } as const
  const failing = (undoFails: number): Phases => ({
    ...PLAIN,
    switch: [traceStep('s1', { undoFails }), traceStep('s2', { code: 3 })],
  })
  return [
    { ...trace('the watch says no', 'trial', [{ do: 'fall' }]), hasWatch: true },
    { ...trace('the lease is over in trial', 'trial', [{ do: 'expire' }, CONFIRM]), lease: 10 },
    { ...trace('an abort in a step', 'prepared', [{ do: 'abort meanwhile', ...inSwitch }]), phases: held },
    { ...trace('killed in a step', 'prepared', [{ do: 'kill meanwhile', ...inSwitch }, renew()]), phases: held },
    { ...trace('a step fails, and a way back once', 'prepared', [SWITCH]), phases: failing(1) },
    { ...trace('a way back fails for good', 'prepared', [SWITCH, { do: 'recover' }]), phases: failing(3) },
    {
      ...trace('the look before the commit fails', 'trial', [CONFIRM]),
      phases: { ...PLAIN, commit: [traceStep('c1', { code: 1 })] },
    },
    {
      ...trace('a step of finish fails for good', 'trial', [CONFIRM]),
      phases: { ...PLAIN, finish: [traceStep('f1', { code: 2 }), traceStep('f2')] },
    },
    trace('a gate allows it', 'prepared', [gated(true), SWITCH, abort('owner')]),
    trace('a gate forbids it', 'prepared', [gated(false), SWITCH, abort('owner')]),
    trace('a gate forbids it before the switch', 'prepared', [gated(false), abort('owner')]),
    {
      ...trace('a step of settle fails for good', 'prepared', [gated(false), SWITCH, abort('owner')]),
      phases: { ...PLAIN, settle: [traceStep('t1', { code: 2 }), traceStep('t2')] },
    },
    trace('a gate forbids it to recovery', 'prepared', [gated(false), SWITCH, { do: 'kill' }, { do: 'recover' }]),
    trace('another has to wait', 'trial', [{ do: 'open another' }, CONFIRM]),
    trace('another recovers it first', 'trial', [{ do: 'kill' }, { do: 'open another' }]),
  ]
}

/** A migration that may be taken back or not. */
function gated(gate: boolean): Deed {
  return { do: 'migrate', steps: [traceStep('m1', { gate }), traceStep('m2', { hasUndo: false })] }
}

function refused(state: State): readonly Deed[] {
  return WORDS.flatMap((word): readonly Deed[] => {
    const rule = verbsOf(phasesAt(state)).find((row) => (row.state === state || row.state === '*') && row.word === word)
    const words = word.startsWith('advance:') ? ['advance', word.slice('advance:'.length)] : [word, 'x']
    return [
      ...(rule === undefined ? [{ do: 'say' as const, words, as: 'owner' as const }] : []),
      ...(rule?.who !== 'any' ? [{ do: 'say' as const, words, as: 'other' as const }] : []),
    ]
  })
}

/** A trace that begins in a state; at `open` the words are said while the only step of `prepare` is held. */
function trace(name: string, state: State, deeds: readonly Deed[]): Trace {
  if (state === 'open') return atOpen(name, deeds)
  const way = state === 'migrated' ? [MIGRATE] : state === 'proved' ? [PROVE] : state === 'trial' ? [SWITCH] : []
  return { name, phases: phasesAt(state), hasWatch: false, lease: 60, deeds: [...way, ...deeds] }
}

function phasesAt(state: State): Phases {
  return state === 'proved' ? ASKED : PLAIN
}

function struck(name: string, _: State, deeds: readonly Deed[]): Trace {
  return { name, phases: HELD_AT_OPEN, hasWatch: false, lease: 60, deeds }
}

function atOpen(name: string, deeds: readonly Deed[]): Trace {
  const isAborted = deeds.some((deed) => deed.do === 'say' && deed.words[0] === 'abort' && deed.as === 'other')
  const others = deeds.flatMap((deed) =>
    deed.do === 'say' && deed.as === 'owner' && deed.words[0] !== 'abort' ? [deed.words] : [],
  )
  const first: Deed = isAborted ? { do: 'abort meanwhile', ...OPENING } : { do: 'say meanwhile', ...OPENING, others }
  return { name, phases: HELD_AT_OPEN, hasWatch: false, lease: 60, deeds: [first, abort('owner')] }
}

function say(...words: readonly string[]): Deed {
  return { do: 'say', words, as: 'owner' }
}

function abort(as: 'owner' | 'other'): Deed {
  return { do: 'say', words: ['abort', 'enough'], as }
}

function renew(): Deed {
  return say('renew', '50')
}

function report(verdict: string): Deed {
  return say('report', 'outside', verdict)
}
