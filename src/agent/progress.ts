import { formatDuration } from '../runner/duration.ts'
import type { Log } from '../runner/job.ts'
import { describeHolder, parseHolder } from './holder.ts'
import { type JournalRecord, parseRecord } from './journal.ts'
import { CAUSES, type Result, type State, STATES } from './protocol.ts'

/** Where a transaction stands when there is nothing more to follow. */
export type Progress =
  | { readonly kind: 'waiting'; readonly state: State; readonly lease: number }
  | {
      readonly kind: 'ended'
      readonly result: Result
      readonly cause: string
      readonly failure?: FailedStep
      /** What was found of new containers that did not stay well on trial. */
      readonly lastLines?: readonly string[]
      /** Names of the new containers that the way back has left on the host, stopped. */
      readonly kept?: readonly string[]
      /** The step that could not or may not be taken back, and the last thing that was said about it. */
      readonly obstacle?: string
      /** Who held the stack when the waiting for it was given up, in words. */
      readonly holder?: string
    }
  | { readonly kind: 'refused'; readonly why: string }
  /** Its agent is gone; recovery ends it. */
  | { readonly kind: 'gone' }

/** The wait for a stack that another transaction holds. */
interface Waiting {
  /** Milliseconds. */
  readonly since: number
  readonly by: string
}

export interface FailedStep {
  /** As the agent names it in a cause: `switch-04`. */
  readonly key: string
  readonly title: string
  readonly exitCode: number
  readonly lastLines: readonly string[]
}

/** Reads what `agent follow` prints, tells it on as sentences, and keeps where the transaction stands. */
export class ProgressReader {
  readonly #log: Pick<Log, 'line'>
  readonly #titles = new Map<string, string>()
  #last: JournalRecord | undefined
  #begun = { key: '', uptime: 0 }
  #failure: FailedStep | undefined
  #obstacle: string | undefined
  #output: string[] = []
  #unwell: readonly string[] = []
  readonly #kept = new Set<string>()
  #progress: Progress | undefined
  #waiting: Waiting | undefined
  #holder: string | undefined
  readonly #now: () => number

  /** @param now milliseconds, for how long the stack has been waited for */
  constructor(log: Pick<Log, 'line'>, now: () => number = Date.now) {
    this.#log = log
    this.#now = now
  }

  /** The record to follow from after a lost connection. */
  get next(): number {
    return (this.#last?.number ?? 0) + 1
  }

  get progress(): Progress | undefined {
    const progress = this.#progress
    if (progress?.kind !== 'ended') return progress
    const failure = this.#failure
    const obstacle = progress.result === 'stuck' ? this.#obstacle : undefined
    const holder = progress.cause === 'lock-timeout' ? this.#holder : undefined
    return {
      ...progress,
      // A step that was cut short by an abort failed too, but is not why the transaction ended.
      ...(failure?.key === progress.cause && { failure }),
      ...(this.#unwell.length > 0 && { lastLines: this.#unwell }),
      ...(this.#kept.size > 0 && { kept: [...this.#kept] }),
      ...(obstacle !== undefined && { obstacle }),
      ...(holder !== undefined && { holder }),
    }
  }

  /** Says for how long the stack has been waited for, and who holds it; nothing when it is not waited for. */
  remind(): void {
    if (this.#waiting === undefined) return
    const { since, by } = this.#waiting
    this.#log.line(
      `still waiting, for ${formatDuration(Math.round((this.#now() - since) / 1000))}: ${by} holds the stack`,
    )
  }

  read(line: string): void {
    if (line.startsWith('> ')) this.#readOutput(line.slice(2))
    else if (line.startsWith('#')) this.#readTitle(line.slice(1).trim())
    else if (line.startsWith('refused ')) this.#progress = { kind: 'refused', why: line.slice('refused '.length) }
    else if (line === 'gone') this.#progress = { kind: 'gone' }
    else this.#readRecord(parseRecord(line))
  }

  #readTitle(title: string): void {
    this.#titles.set(this.#begun.key, title)
  }

  #readOutput(line: string): void {
    if (this.#last?.event.type === 'blocked') {
      this.#readHolder(line, this.#last.time)
      return
    }
    this.#output.push(line)
    this.#log.line(`  ${line}`)
    const lines = this.#output.filter((text) => text.trim() !== '')
    const { event } = this.#last ?? {}
    if (this.#failure && event?.type === 'did' && event.phase !== 'settle')
      this.#failure = { ...this.#failure, lastLines: lines.slice(-LAST_LINES) }
    if (event?.type === 'undoing') this.#unwell = lines.slice(-LAST_LINES)
    const kept = event?.type === 'undid' ? KEPT.exec(line)?.[1] : undefined
    if (kept !== undefined) this.#kept.add(kept)
    if (event?.type === 'forbidden' || (event?.type === 'undid' && event.code !== 0))
      this.#obstacle = [this.#title(event.phase, event.step), ...lines.slice(-1)].join(': ')
  }

  #readHolder(line: string, now: number): void {
    const holder = parseHolder(line)
    if (holder === undefined || this.#waiting === undefined) return
    this.#holder = describeHolder(holder, now)
    this.#waiting = { ...this.#waiting, by: holder.run || holder.tx }
    this.#log.line(`it is ${this.#holder}`)
  }

  #readRecord(record: JournalRecord | undefined): void {
    if (!record || record.number < this.next) return
    this.#last = record
    this.#waiting = undefined
    this.#output = []
    const { event, uptime } = record
    switch (event.type) {
      case 'began':
        this.#begun = { key: `${event.phase}-${event.step}`, uptime }
        return
      case 'did':
        this.#did(event.phase, event.step, event.code, uptime)
        return
      case 'undid':
        this.#undid(this.#title(event.phase, event.step), event.code)
        return
      case 'state':
        this.#log.line(`state: ${event.state}`)
        return
      case 'blocked':
        this.#waiting = { since: this.#now(), by: event.by || 'another transaction' }
        this.#log.line(`waiting: another transaction holds the stack`)
        return
      case 'undoing':
        this.#log.line(`going back: ${explainCause(event.cause)}`)
        return
      case 'forbidden':
        this.#obstacle = this.#title(event.phase, event.step)
        this.#log.line(`it may not be taken back: ${this.#obstacle}`)
        return
      case 'refused':
        this.#progress = { kind: 'refused', why: event.why }
        return
      case 'waiting':
        if (this.#progress?.kind !== 'refused')
          this.#progress = { kind: 'waiting', state: event.state, lease: event.lease }
        return
      case 'ended':
        this.#progress = { kind: 'ended', result: event.result, cause: event.cause }
        return
      case 'other':
        return
    }
  }

  #did(phase: string, step: string, code: number, uptime: number): void {
    const title = this.#title(phase, step)
    // Who comes to it in the middle has not seen it begin.
    const seconds = this.#begun.key === `${phase}-${step}` ? uptime - this.#begun.uptime : undefined
    const lasted = (word: string): string => (seconds === undefined ? '' : ` ${word} ${seconds} s`)
    this.#log.line(
      code === 0 ? `${title}: done${lasted('in')}` : `${title}: failed with exit code ${code}${lasted('after')}`,
    )
    // What comes in place of the way back is not why the transaction ended.
    if (code !== 0 && phase !== 'settle')
      this.#failure = { key: `${phase}-${step}`, title, exitCode: code, lastLines: [] }
  }

  #undid(title: string, code: number): void {
    if (code !== 0) this.#obstacle = title
    this.#log.line(`${code === 0 ? 'taken back' : 'COULD NOT BE TAKEN BACK'}: ${title}`)
  }

  #title(phase: string, step: string): string {
    return this.#titles.get(`${phase}-${step}`) ?? `step ${step} of ${phase}`
  }
}

/** What is told of two containers that failed, each with its logs. */
const LAST_LINES = 50

/** As `set_aside` in `src/compose/effects/containers.sh` says it. */
const KEPT = /^kept, stopped, until the next deploy: (\S+)/

const REMIND_MS = 30_000

/** Has one who waits for the stack told from time to time for how long; returns what ends that. */
export function remindWhileWaiting(reader: ProgressReader): () => void {
  const timer = setInterval(() => {
    reader.remind()
  }, REMIND_MS)
  return () => {
    clearInterval(timer)
  }
}

/** The agent's word for why a transaction did not go through, as a sentence. */
export function explainCause(cause: string): string {
  const { phase, step, state } = CAUSE.exec(cause)?.groups ?? {}
  if (phase !== undefined && step !== undefined) return `step ${step} of ${phase} failed`
  return CAUSES[cause] ?? OTHERS[cause] ?? (state === undefined ? cause : `this is not possible in the state ${state}`)
}

/** What jobs give as a cause, and why words are refused. */
const OTHERS: Readonly<Record<string, string>> = {
  'not-confirmed-by-the-job': 'its job ended without confirming it',
  'check-bad': 'a check said that the release is bad',
  'check-unknown': 'a check could not tell whether the release is good',
  'no-check': 'no check said that the release is good',
  'not-owner': 'the transaction belongs to another job',
  'no-steps': 'its plan has no such phase',
  'not-seconds': 'the lease must be a whole number of seconds',
}

/** A step that failed, or the state in which a word was refused. */
const CAUSE = new RegExp(`^(?:(?<phase>[a-z]+)-(?<step>\\d+)|(?:state-)?(?<state>${STATES.join('|')}))$`)
