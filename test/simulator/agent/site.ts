import type { Phase } from '../../../src/agent/protocol.ts'
import type { Plan, Step } from '../../../src/plan/plan.ts'
import type { Host } from '../host/host.ts'
import type { Process, Run } from '../kernel.ts'

/** What a transaction is opened with. */
export interface Opening {
  readonly id: string
  readonly nonce: string
  readonly plan: Pick<Plan, 'phases' | 'watch'>
  /** Seconds. */
  readonly lease: number
  readonly lockTimeout: number
  /** Length of the ledger that the plan was made on. */
  readonly head: number
}

/** What an effect knows of its surroundings. */
export interface Surroundings {
  readonly host: Host
  readonly tx: string
  /** Passes a point inside an effect at which something may strike. */
  midst(what: string): Run
}

/** Runs a line of shell of a plan; its exit code. */
export type Interpret = (line: string, around: Surroundings) => Run<number>

/** An agent of a transaction, as a process runs it. */
export interface AgentProgram {
  run(): Run<number>
  /** The caller holds the lock. */
  recover(): Run<number>
}

/** The folder of a stack on a host: what is on its disk, and the programs that were brought there. */
export class Site {
  readonly host: Host
  readonly interpret: Interpret
  readonly newAgent: (site: Site, id: string) => AgentProgram
  readonly openings = new Map<string, Opening>()
  /** Starts what must run after a start of the engine. */
  readonly revive: () => Run<number>

  constructor(
    host: Host,
    interpret: Interpret,
    newAgent: (site: Site, id: string) => AgentProgram,
    revive: () => Run<number>,
  ) {
    this.host = host
    this.interpret = interpret
    this.newAgent = newAgent
    this.revive = revive
  }

  /** Brings a package, whole and synced, and starts its agent. */
  open(opening: Opening): void {
    const { disk } = this.host
    const tx = folder(opening.id)
    this.openings.set(opening.id, opening)
    disk.makeFolder(tx)
    disk.write(`${tx}/nonce`, opening.nonce)
    for (const [phase, steps] of Object.entries(opening.plan.phases)) this.#writePhase(opening.id, phase, steps)
    disk.syncFolder(tx)
    disk.syncFolder(`${tx}/plan`)
    disk.sync(`${tx}/nonce`)
    disk.syncFolder('transactions')
    this.host.kernel.spawn('agent', this.newAgent(this, opening.id).run())
  }

  addPhase(id: string, phase: Phase, steps: readonly Step[]): void {
    const opening = this.openings.get(id)
    if (!opening || this.host.disk.has(`${folder(id)}/plan/${phase}`)) return
    this.openings.set(id, { ...opening, plan: { ...opening.plan, phases: { ...opening.plan.phases, [phase]: steps } } })
    this.#writePhase(id, phase, steps)
    this.host.disk.syncFolder(`${folder(id)}/plan`)
  }

  /** The steps of a phase that are on the disk. */
  steps(id: string, phase: string): readonly Step[] {
    const opening = this.openings.get(id)
    const isThere = opening !== undefined && this.host.disk.has(`${folder(id)}/plan/${phase}`)
    return isThere ? (opening.plan.phases[phase as Phase] ?? []) : []
  }

  /** The agent of a transaction, when it runs. */
  agentOf(id: string): Process | undefined {
    const process = this.host.kernel.process(Number(this.host.disk.read(`${folder(id)}/pid`)))
    return process?.role === 'agent' ? process : undefined
  }

  #writePhase(id: string, phase: string, steps: readonly Step[]): void {
    const path = `${folder(id)}/plan/${phase}`
    this.host.disk.write(path, `${steps.length}`)
    this.host.disk.sync(path)
  }
}

export function folder(id: string): string {
  return `transactions/${id}`
}
