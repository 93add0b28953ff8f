import { Kernel, type Process, type Role, Signal } from '../kernel.ts'
import { Disk, type Loss } from './disk.ts'
import { Engine } from './engine.ts'
import { Lock } from './lock.ts'

/** Seconds from a cut until the engine answers again. */
const BOOT = 5

/** Programs that end when the host is cut off. */
const ON_HOST: readonly Role[] = ['agent', 'effect', 'engine', 'visitor', 'cron']

/** A server with a disk, an engine, a database and a clock, without anything of Estiba on it. */
export class Host {
  readonly kernel = new Kernel()
  readonly disk = new Disk()
  readonly engine = new Engine(this.kernel, this.disk)
  readonly lock = new Lock(this.kernel)
  /** Fired when a journal grew, a word was said or a process ended. */
  readonly stirred = new Signal()
  readonly linkLost = new Signal()
  isUp = true
  isLinkUp = true
  /** Whether the migration has changed the schema so that older code can't use it. */
  isSchemaNew = false
  /** Counts boots. */
  boots = 1
  /** Called at each instant at which something may strike; true when the process that runs now was killed by it. */
  reach: (instant: string) => boolean = () => false

  constructor() {
    this.kernel.onStart = (process) => {
      if (process.role === 'effect' || process.role === 'agent') this.lock.inherit(process)
    }
    this.kernel.onExit = (process) => {
      this.lock.close(process)
      this.kernel.fire(this.stirred)
    }
  }

  get now(): number {
    return this.kernel.now
  }

  /** Wakes whoever looks at journals and inboxes. */
  stir(): void {
    this.kernel.fire(this.stirred)
  }

  isReachable(): boolean {
    return this.isUp && this.isLinkUp
  }

  killAll(...roles: readonly Role[]): readonly Process[] {
    const processes = this.kernel.processes(...roles)
    for (const process of processes) this.kernel.kill(process)
    return processes
  }

  /** Power off, and on again. */
  cutOff(loss: Loss): void {
    if (!this.isUp) return
    this.isUp = false
    this.killAll(...ON_HOST)
    this.engine.cutOff()
    this.disk.cutOff(loss)
    this.loseLink(BOOT)
    this.kernel.at(this.now + BOOT, () => {
      this.isUp = true
      this.boots++
      this.engine.comeUp()
    })
  }

  /** Connections break; there are new ones after so many seconds. */
  loseLink(seconds: number): void {
    this.isLinkUp = false
    this.kernel.fire(this.linkLost)
    if (seconds < Infinity)
      this.kernel.at(this.now + seconds, () => {
        this.isLinkUp = true
      })
  }
}
