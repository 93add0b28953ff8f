/** What a process waits for: so many seconds, a signal, or whichever of them comes first. */
export type Wait = number | Signal | { readonly signals: readonly Signal[]; readonly seconds: number }

/** What a process does, written as a generator: it gives way at each `yield`. */
export type Run<T = void> = Generator<Wait, T, undefined>

/** Wakes all who wait for it when it is fired. */
export class Signal {
  readonly waiting = new Set<Process>()
}

/** What kind of program it is, for faults that strike one kind. */
export type Role = 'agent' | 'effect' | 'engine' | 'container' | 'visitor' | 'runner' | 'cron'

export class Process {
  readonly role: Role
  /** Never given twice, unlike a real one: it stands for the id together with the time of the start. */
  readonly id: number
  readonly exited = new Signal()
  readonly parent: Process | undefined
  isAlive = true
  /** Until it has ended, and when it was killed, -1. */
  code = -1
  readonly run: Run<number>
  /** Counts its waits, so that what would end an old one is seen to be late. */
  wait = 0
  signals: readonly Signal[] = []

  constructor(id: number, role: Role, run: Run<number>, parent: Process | undefined) {
    this.id = id
    this.role = role
    this.run = run
    this.parent = parent
  }
}

interface Due {
  readonly time: number
  readonly act: () => void
}

/** Runs processes one at a time on a clock of its own; equal times in the order in which they were asked for. */
export class Kernel {
  /** Seconds. */
  now = 0
  current: Process | undefined
  /** Counts the stretches in which one process runs and no other. */
  turn = 0
  onStart: (process: Process) => void = () => undefined
  /** Called when a process has ended or was killed. */
  onExit: (process: Process) => void = () => undefined
  #due: Due[] = []
  #alive = new Map<number, Process>()
  #started = 0

  spawn(role: Role, run: Run<number>): Process {
    const process = new Process(++this.#started, role, run, this.current)
    this.#alive.set(process.id, process)
    this.onStart(process)
    this.#resumeAt(this.now, process)
    return process
  }

  at(time: number, act: () => void): void {
    let place = this.#due.length
    while (place > 0 && (this.#due[place - 1]?.time ?? 0) > time) place--
    this.#due.splice(place, 0, { time, act })
  }

  fire(signal: Signal): void {
    for (const process of signal.waiting) this.#resumeAt(this.now, process)
  }

  /** What it asked of others goes on. */
  kill(process: Process, code = -1): void {
    if (process.isAlive) this.#end(process, code)
  }

  /** All that live, in the order of their start. */
  processes(...roles: readonly Role[]): readonly Process[] {
    return [...this.#alive.values()].filter(({ role }) => roles.includes(role))
  }

  /** One that lives. */
  process(id: number): Process | undefined {
    return this.#alive.get(id)
  }

  /** Until nothing is due up to that time; the clock stands there then. */
  runUntil(time: number): void {
    for (let due = this.#due[0]; due && due.time <= time; due = this.#due[0]) {
      this.#due.shift()
      this.now = due.time
      due.act()
    }
    this.now = time
  }

  #resumeAt(time: number, process: Process): void {
    if (time === Infinity) return
    const { wait } = process
    this.at(time, () => {
      if (process.isAlive && process.wait === wait) this.#resume(process)
    })
  }

  #resume(process: Process): void {
    this.#forget(process)
    this.turn++
    const before = this.current
    this.current = process
    const { done, value } = process.run.next()
    this.current = before
    if (!process.isAlive) return
    if (done === true) this.#end(process, value)
    else if (typeof value === 'number') this.#resumeAt(this.now + value, process)
    else {
      process.signals = value instanceof Signal ? [value] : value.signals
      for (const signal of process.signals) signal.waiting.add(process)
      if (!(value instanceof Signal)) this.#resumeAt(this.now + value.seconds, process)
    }
  }

  #forget(process: Process): void {
    process.wait++
    for (const signal of process.signals) signal.waiting.delete(process)
    process.signals = []
  }

  #end(process: Process, code: number): void {
    this.#forget(process)
    process.isAlive = false
    process.code = code
    this.#alive.delete(process.id)
    this.onExit(process)
    this.fire(process.exited)
  }
}

/** Waits until a process has ended; its exit code, -1 when it was killed. */
export function* ended(process: Process): Run<number> {
  while (process.isAlive) yield process.exited
  return process.code
}

/** What a process waits for that was killed while it ran. */
export const NEVER = new Signal()
