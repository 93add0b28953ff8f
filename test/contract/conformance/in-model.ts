import { Agent } from '../../simulator/agent/agent.ts'
import { readRecords } from '../../simulator/agent/recorder.ts'
import { type AgentProgram, type Interpret, Site } from '../../simulator/agent/site.ts'
import { follow, recover, say, type Standing } from '../../simulator/agent/visits.ts'
import { Host } from '../../simulator/host/host.ts'
import type { Process, Run } from '../../simulator/kernel.ts'
import { numbered, type Step } from '../../../src/plan/plan.ts'
import { type Deed, OTHER_LOCK_TIMEOUT, type Phases, type Seen, type Trace, type TraceStep } from './trace.ts'

type NewAgent = (site: Site, id: string) => AgentProgram

/** What an effect of a trace does, as the text of a step's line. */
interface Behaviour {
  readonly leave: string
  readonly code: number
  readonly isHeld: boolean
  /** It fails so often first. */
  readonly fails: number
}

/** Runs a trace in the model of the agent. */
export function runInModel(trace: Trace, newAgent: NewAgent = (site, id) => new Agent(site, id)): Seen {
  const stack = new ModelStack(trace, newAgent)
  const opened = stack.open('t1', 60)
  const first = trace.deeds[0]
  const answers: string[] = []
  if (!(first && 'step' in first && first.words[0] === 'open')) answers.push(stack.wait(opened))
  for (const deed of trace.deeds) answers.push(stack.act(deed))
  return { answers, ...stack.seen() }
}

interface Visit {
  readonly process: Process
  standing?: Standing
}

class ModelStack {
  readonly #host = new Host()
  readonly #trace: Trace
  readonly #site: Site
  readonly #let = new Set<string>()
  readonly #lines: string[] = []
  readonly #ids: string[] = []
  #words = 0

  constructor(trace: Trace, newAgent: NewAgent) {
    this.#trace = trace
    const interpret: Interpret = (line) => this.#effect(JSON.parse(line) as Behaviour)
    this.#site = new Site(this.#host, interpret, newAgent, nothing)
  }

  open(id: string, lockTimeout: number): Visit {
    const { phases, hasWatch, lease } = this.#trace
    const plan = {
      phases: plannedSteps(phases),
      ...(hasWatch && { watch: JSON.stringify({ leave: '', code: 0, isHeld: false, fails: 0 }) }),
    }
    const head = (this.#host.disk.read('ledger.jsonl') ?? '').split('\n').length - 1
    this.#ids.push(id)
    this.#site.open({ id, nonce: 'nonce', plan, lease, lockTimeout, head })
    return this.#visit(follow(this.#site, id, 1))
  }

  act(deed: Deed): string {
    const { kernel, disk } = this.#host
    switch (deed.do) {
      case 'say':
        return this.wait(this.#say(deed.words, deed.as))
      case 'migrate':
        this.#site.addPhase('t1', 'migrate', plannedSteps({ migrate: deed.steps }).migrate ?? [])
        return this.wait(this.#say(['advance', 'migrate'], 'owner'))
      case 'say meanwhile': {
        const leading = this.#lead(deed.words, deed.step)
        const others = deed.others.map((words) => {
          const visit = this.#say(words, 'owner')
          this.#runFor(1)
          return visit
        })
        this.#letGo(deed.step)
        this.wait(leading)
        return others.map((each) => this.wait(each)).join(' | ')
      }
      case 'abort meanwhile':
        this.#lead(deed.words, deed.step)
        return this.wait(this.#say(['abort', 'not-wanted'], 'other'))
      case 'kill meanwhile': {
        this.#lead(deed.words, deed.step)
        this.#host.killAll('agent')
        const recovery = this.#spawn(recover(this.#site))
        this.#runUntil(() => !recovery.isAlive || this.#count(deed.step) > 1)
        this.#letGo(deed.step)
        this.#runUntil(() => !recovery.isAlive)
        return 'recovered'
      }
      case 'kill':
        this.#host.killAll('agent')
        return 'killed'
      case 'recover': {
        const recovery = this.#spawn(recover(this.#site))
        this.#runUntil(() => !recovery.isAlive)
        return 'recovered'
      }
      case 'tear': {
        this.#host.killAll('agent')
        const journal = disk.read('transactions/t1/journal') ?? ''
        const last = journal.lastIndexOf('\n', journal.length - 2) + 1
        disk.truncate('transactions/t1/journal', last + Math.floor((journal.length - last) / 2))
        return 'torn'
      }
      case 'fall':
        this.#letGo('fall')
        return this.wait(this.#visit(follow(this.#site, 't1', readRecords(this.#host, 't1').length + 1)))
      case 'expire':
        kernel.runUntil(kernel.now + 30)
        return 'expired'
      case 'open another':
        return this.wait(this.open('t2', OTHER_LOCK_TIMEOUT))
    }
  }

  wait(visit: Visit): string {
    this.#runUntil(() => visit.standing !== undefined)
    return formatStanding(visit.standing)
  }

  seen(): Omit<Seen, 'answers'> {
    const { disk } = this.#host
    return {
      journals: this.#ids.map((id) => readRecords(this.#host, id).map((words) => words.join(' ').trim())),
      trace: this.#lines,
      ledger: (disk.read('ledger.jsonl') ?? '')
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split(' ').slice(1).join(' ').trim()),
      isOpen: disk.has('open'),
    }
  }

  /** Says the words, or waits for the opening, until the held step runs. */
  #lead(words: readonly string[], step: string): Visit {
    const visit = words[0] === 'open' ? this.#visit(follow(this.#site, 't1', 1)) : this.#say(words, 'owner')
    this.#runUntil(() => this.#count(step) > 0)
    return visit
  }

  #say(words: readonly string[], as: 'owner' | 'other'): Visit {
    const word = { id: `w${++this.#words}`, nonce: as === 'owner' ? 'nonce' : 'none', words }
    return this.#visit(say(this.#site, 't1', word, 1))
  }

  #visit(program: Run<Standing>): Visit {
    const visit: { process: Process; standing?: Standing } = { process: this.#spawn(answering()) }
    return visit

    function* answering(): Run<number> {
      visit.standing = yield* program
      return 0
    }
  }

  #spawn(run: Run<number>): Process {
    return this.#host.kernel.spawn('visitor', run)
  }

  *#effect({ leave, code, isHeld, fails }: Behaviour): Run<number> {
    if (leave === '') return this.#let.has('fall') ? 1 : 0
    this.#lines.push(leave)
    while (isHeld && !this.#let.has(leave)) yield this.#host.stirred
    if (isHeld) this.#lines.push(`${leave} ended`)
    return this.#count(leave) <= fails ? 1 : code
  }

  #count(line: string): number {
    return this.#lines.filter((each) => each === line).length
  }

  #letGo(name: string): void {
    this.#let.add(name)
    this.#host.stir()
  }

  #runFor(seconds: number): void {
    this.#host.kernel.runUntil(this.#host.now + seconds)
  }

  #runUntil(holds: () => boolean): void {
    const giveUp = this.#host.now + 120
    while (!holds()) {
      if (this.#host.now > giveUp) throw new Error(`the model does not get on with ${this.#trace.name}`)
      this.#runFor(0.1)
    }
  }
}

function plannedSteps(phases: Phases): Partial<Record<keyof Phases, readonly Step[]>> {
  return Object.fromEntries(Object.entries(phases).map(([phase, steps]) => [phase, numbered(steps.map(planned))]))
}

function planned({ name, code, undoFails, hasUndo, gate, since, unless, isHeld }: TraceStep): Omit<Step, 'id'> {
  const line = (behaviour: Behaviour): string => JSON.stringify(behaviour)
  return {
    title: name,
    because: '',
    run: line({ leave: name, code, isHeld, fails: 0 }),
    ...(hasUndo && { undo: line({ leave: `undo ${name}`, code: 0, isHeld: false, fails: undoFails }) }),
    ...(gate !== undefined && { gate: line({ leave: `gate ${name}`, code: gate ? 0 : 1, isHeld: false, fails: 0 }) }),
    ...(since !== undefined && { since }),
    ...(unless !== undefined && { unless }),
    reversibility: 'reversible',
    deadline: 60,
  }
}

function formatStanding(standing: Standing | undefined): string {
  switch (standing?.kind) {
    case 'waiting':
      return `waiting ${standing.state}`
    case 'ended':
      return `ended ${standing.result} ${standing.cause}`.trim()
    case 'refused':
      return `refused ${standing.why}`
    case 'gone':
    case 'no transaction':
    case undefined:
      return standing?.kind ?? 'nothing'
  }
}

function* nothing(): Run<number> {
  yield 0
  return 0
}
