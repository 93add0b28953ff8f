import { BACK_OFF } from '../../src/agent/link.ts'
import { LIMITS } from '../../src/agent/protocol.ts'
import type { Step } from '../../src/plan/plan.ts'
import { follow, recover, say, type Standing } from './agent/visits.ts'
import type { Opening, Site } from './agent/site.ts'
import { folder } from './agent/site.ts'
import type { Run } from './kernel.ts'

/** What a job is to do. */
export interface Job {
  readonly opening: Opening
  readonly migration: readonly Step[] | undefined
  /** Seconds that the check from outside takes. */
  readonly checkTakes: number
  /** Whether the new release answers as it should where it can be asked before the switch. */
  readonly answers: boolean
  /** Looks from outside whether the new release serves. */
  check(): boolean
}

/** The colour of the job and what it says; undefined as long as it runs or when it was killed. */
export interface Outcome {
  readonly isGreen: boolean
  readonly said: 'committed' | 'undone' | 'stuck' | 'unknown'
}

/** Seconds before each attempt to reach the host again. */
const WAITS = BACK_OFF.map((milliseconds) => milliseconds / 1000)

/** The connection was lost and did not come back. */
class Lost extends Error {}

/** A job that deploys: it opens, has migrated, switches, checks, confirms, and takes back in its post step what it did not confirm. */
export class Runner {
  outcome: Outcome | undefined
  /** Whether it has said that it confirms. */
  hasConfirmed = false
  /** When it had its outcome, in seconds. */
  endedAt = 0
  readonly #site: Site
  readonly #job: Job
  #words = 0
  #from = 1

  constructor(site: Site, job: Job) {
    this.#site = site
    this.#job = job
  }

  *run(): Run<number> {
    this.outcome = yield* this.#carryThrough()
    this.endedAt = this.#site.host.now
    return this.outcome.isGreen ? 0 : 1
  }

  *#carryThrough(): Run<Outcome> {
    try {
      const standing = yield* this.#main()
      if (standing.kind === 'ended' && standing.result === 'committed') return { isGreen: true, said: 'committed' }
      return red(standing.kind === 'ended' ? standing : yield* this.#post())
    } catch (error) {
      if (!(error instanceof Lost)) throw error
      return yield* this.#afterLoss()
    }
  }

  /** The post step connects anew. */
  *#afterLoss(): Run<Outcome> {
    try {
      return red(yield* this.#post())
    } catch (error) {
      if (!(error instanceof Lost)) throw error
      return { isGreen: false, said: 'unknown' }
    }
  }

  *#main(): Run<Standing> {
    const { opening, migration } = this.#job
    const site = this.#site
    const opened = yield* this.#open(opening)
    if (!isAt(opened, 'prepared')) return opened
    if (migration) {
      const migrated = yield* this.#tell(['advance', 'migrate'], () => {
        site.addPhase(opening.id, 'migrate', migration)
      })
      if (!isAt(migrated, 'migrated')) return migrated
    }
    if (opening.plan.phases.prove) {
      const proved = yield* this.#tell(['advance', 'prove'])
      if (!isAt(proved, 'proved') || !this.#job.answers) return proved
    }
    const switched = yield* this.#tell(['advance', 'switch'])
    if (!isAt(switched, 'trial')) return switched
    yield this.#job.checkTakes
    const reported = yield* this.#tell(['report', 'outside', this.#job.check() ? 'good' : 'bad'])
    if (!isAt(reported, 'trial')) return reported
    this.hasConfirmed = true
    return yield* this.#tell(['confirm', 'checked'])
  }

  #post(): Run<Standing> {
    return this.#tell(['abort', 'not-confirmed-by-the-job'])
  }

  *#open(opening: Opening): Run<Standing> {
    const { host } = this.#site
    if (!host.isReachable()) throw new Lost()
    this.#site.open(opening)
    return yield* this.#settled(
      () => follow(this.#site, opening.id, 1),
      () => this.#again(),
    )
  }

  /** After a lost connection the word is said again: its id tells the agent that it knows it. */
  *#tell(words: readonly string[], before: () => void = () => undefined): Run<Standing> {
    const { id, nonce } = this.#job.opening
    const word = { id: `w${++this.#words}`, nonce, words }
    this.#from = 1
    const visit = (): Run<Standing> => {
      if (this.#site.host.disk.has(folder(id))) before()
      return say(this.#site, id, word, this.#from)
    }
    return yield* this.#settled(visit, visit)
  }

  #again(): Run<Standing> {
    const { id } = this.#job.opening
    return this.#site.host.disk.has(folder(id)) ? follow(this.#site, id, 1) : nowhere()
  }

  *#settled(first: () => Run<Standing>, again: () => Run<Standing>): Run<Standing> {
    const standing = yield* this.#visit(first, again)
    if (standing.kind !== 'gone') return standing
    const { id } = this.#job.opening
    const site = this.#site
    const ending = function* (): Run<Standing> {
      yield* recover(site, id)
      return yield* follow(site, id, 1)
    }
    for (let tries = 0; tries < LIMITS.recoveries; tries++) {
      const end = yield* this.#visit(ending, ending)
      if (end.kind !== 'gone') return end
    }
    return yield* this.#visit(ending, ending)
  }

  /** A program on the host, over a connection that may break; what it began goes on then. */
  *#visit(first: () => Run<Standing>, again: () => Run<Standing>): Run<Standing> {
    const { host } = this.#site
    let waits = WAITS
    for (let program = first; ; program = again) {
      if (host.isReachable()) {
        waits = WAITS
        const answer: { standing?: Standing } = {}
        const process = host.kernel.spawn('visitor', answering(program(), answer))
        while (process.isAlive && host.isReachable())
          yield { signals: [process.exited, host.linkLost], seconds: Infinity }
        if (answer.standing && host.isReachable()) return answer.standing
      }
      const [wait, ...more] = waits
      if (wait === undefined) throw new Lost()
      waits = more
      yield wait
    }
  }
}

function isAt(standing: Standing, state: string): boolean {
  return standing.kind === 'waiting' && standing.state === state
}

function red(standing: Standing): Outcome {
  return {
    isGreen: false,
    said: standing.kind === 'ended' ? standing.result : standing.kind === 'no transaction' ? 'undone' : 'unknown',
  }
}

function* answering(program: Run<Standing>, answer: { standing?: Standing }): Run<number> {
  answer.standing = yield* program
  return 0
}

function* nowhere(): Run<Standing> {
  yield 0
  return { kind: 'no transaction' }
}
