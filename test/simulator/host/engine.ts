import { ended, type Kernel, type Run, Signal } from '../kernel.ts'
import type { Container, EngineEvent, Policy } from './container.ts'
import type { Disk } from './disk.ts'

/** Seconds that the engine takes for what it is asked, a stop aside. */
const TAKES = { create: 0.7, start: 0.7, short: 0.01 }

/**
 * A container engine as far as a deploy sees it. What it was asked goes on when the asker dies; restart policies and marks are
 * those of Docker 26 without live-restore (design.md section 6; tried on real ones).
 */
export class Engine {
  readonly containers: Container[] = []
  /** Told of everything that becomes of containers, at that moment. */
  onEvent: (event: EngineEvent) => void = () => undefined
  isUp = true
  /** Names one start of the engine. */
  identity = 1
  readonly changed = new Signal()
  readonly #kernel: Kernel
  readonly #disk: Disk
  #count = 0

  constructor(kernel: Kernel, disk: Disk) {
    this.#kernel = kernel
    this.#disk = disk
  }

  /** A request over the socket: false when the engine did not answer or said no. The asker may die while it waits. */
  *ask(run: Run<number>): Run<boolean> {
    if (!this.isUp) return false
    const request = this.#kernel.spawn('engine', run)
    return (yield* ended(request)) === 0
  }

  *create(
    wanted: Pick<Container, 'service' | 'labels' | 'image' | 'conduct' | 'isOneOff' | 'stopTakes' | 'policy'>,
  ): Run<number> {
    yield TAKES.create
    if (!this.#write()) return 1
    const container: Container = {
      ...wanted,
      id: `c${++this.#count}`,
      status: 'created',
      isStoppedByHand: false,
      isStopping: false,
      hasCompleted: false,
      restarts: 0,
      startedAt: 0,
      life: 0,
    }
    this.containers.push(container)
    this.#tell('create', container, false)
    return 0
  }

  *start(container: Container): Run<number> {
    yield TAKES.start
    if (!this.containers.includes(container) || !this.#write()) return 1
    if (container.status !== 'running') this.begin(container, false)
    return 0
  }

  /** Waits until it has ended, however long that takes. */
  *stop(container: Container): Run<number> {
    if (container.status === 'running') {
      container.isStoppedByHand = true
      this.#tellToEnd(container, false)
    }
    while (container.status === 'running') yield this.changed
    return 0
  }

  /** Says with what code it ended. */
  *wait(container: Container): Run<number> {
    while (container.status === 'running') yield this.changed
    return container.hasCompleted ? 0 : 1
  }

  *update(container: Container, policy: Policy): Run<number> {
    yield TAKES.short
    if (!this.containers.includes(container) || !this.#write()) return 1
    container.policy = policy
    this.#fire()
    return 0
  }

  /** Refused for one that runs. */
  *remove(container: Container): Run<number> {
    yield TAKES.short
    if (container.status === 'running') return 1
    this.#drop(container)
    return 0
  }

  *removeByForce(container: Container): Run<number> {
    yield TAKES.short
    if (container.status === 'running') this.end(container, false)
    this.#drop(container)
    return 0
  }

  isHealthy({ status, isStopping, startedAt, conduct }: Container): boolean {
    if (status !== 'running') return false
    return conduct.healthyAfter === 0 || (!isStopping && this.#kernel.now >= startedAt + conduct.healthyAfter)
  }

  begin(container: Container, isByItself: boolean): void {
    container.status = 'running'
    container.startedAt = this.#kernel.now
    container.isStopping = false
    container.hasCompleted = false
    if (!isByItself) {
      container.isStoppedByHand = false
      container.restarts = 0
    }
    const life = ++container.life
    this.#tell('start', container, isByItself)
    const { endsAfter } = container.conduct
    if (endsAfter < Infinity)
      this.#kernel.at(this.#kernel.now + endsAfter, () => {
        if (container.life === life && container.status === 'running') this.#died(container)
      })
  }

  end(container: Container, isByItself: boolean): void {
    container.status = 'exited'
    container.isStopping = false
    this.#tell('stop', container, isByItself)
  }

  /** SIGTERM and a new start: it stops all, without its mark, and starts those again that their policy names. */
  terminate(down: number): void {
    if (!this.isUp) return
    const running = this.#running()
    for (const container of running) this.#tellToEnd(container, true)
    this.#goDown()
    const lastEnd = Math.max(0, ...running.map(({ stopTakes }) => stopTakes))
    this.#kernel.at(this.#kernel.now + lastEnd + down, () => {
      this.comeUp()
    })
  }

  /** SIGKILL and a new start: containers live on until then; the new engine stops them, and marks them as stopped by hand. */
  crash(down: number): void {
    if (!this.isUp) return
    this.#goDown()
    this.#kernel.at(this.#kernel.now + down, () => {
      for (const container of this.#running()) {
        container.isStoppedByHand = true
        this.end(container, true)
      }
      this.comeUp()
    })
  }

  /** With the host. */
  cutOff(): void {
    for (const container of this.#running()) this.end(container, true)
    this.#goDown()
  }

  comeUp(): void {
    if (this.isUp) return
    this.isUp = true
    this.identity++
    for (const container of this.containers)
      if (container.status === 'exited' && container.life > 0 && mayRestart(container)) this.begin(container, true)
    this.#fire()
  }

  #goDown(): void {
    this.isUp = false
    for (const request of this.#kernel.processes('engine')) this.#kernel.kill(request)
    this.#fire()
  }

  #tellToEnd(container: Container, isByItself: boolean): void {
    if (container.isStopping) return
    container.isStopping = true
    const { life } = container
    this.#kernel.at(this.#kernel.now + container.stopTakes, () => {
      if (container.life === life && container.status === 'running') this.end(container, isByItself)
    })
    this.#fire()
  }

  #died(container: Container): void {
    container.hasCompleted = true
    this.end(container, true)
    if (!this.isUp || container.policy === 'no' || container.isStoppedByHand) return
    this.#kernel.at(this.#kernel.now + 0.1, () => {
      if (!this.isUp || container.status !== 'exited' || !this.containers.includes(container)) return
      // A stop in between ends the wait; whoever stops one for good has taken its policy before.
      if (container.policy === 'no') return
      container.restarts++
      this.begin(container, true)
    })
  }

  #running(): readonly Container[] {
    return this.containers.filter(({ status }) => status === 'running')
  }

  #drop(container: Container): void {
    const place = this.containers.indexOf(container)
    if (place < 0) return
    this.containers.splice(place, 1)
    this.#tell('remove', container, false)
  }

  /** The engine keeps what it knows of a container on the same disk. */
  #write(): boolean {
    return this.#disk.append('engine-state', 'x')
  }

  #tell(kind: EngineEvent['kind'], container: Container, isByItself: boolean): void {
    this.onEvent({ kind, container, isByItself })
    this.#fire()
  }

  #fire(): void {
    this.#kernel.fire(this.changed)
  }
}

/** At the engine's start: `always` also what was stopped by hand. */
function mayRestart({ policy, isStoppedByHand }: Container): boolean {
  return policy === 'always' || (policy === 'unless-stopped' && !isStoppedByHand)
}
