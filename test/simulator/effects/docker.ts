import type { Container } from '../host/container.ts'
import type { Engine } from '../host/engine.ts'
import type { Run } from '../kernel.ts'
import { ended } from '../kernel.ts'
import type { Surroundings } from '../agent/site.ts'

/** The `docker` client as the effects use it: each call asks the engine, and may be struck after it. */
export class Docker {
  readonly around: Surroundings
  readonly engine: Engine

  constructor(around: Surroundings) {
    this.around = around
    this.engine = around.host.engine
  }

  /** Containers of a service, one-off ones apart; undefined when the engine does not answer. */
  containers(service: string): readonly Container[] | undefined {
    if (!this.engine.isUp) return undefined
    return this.engine.containers.filter((container) => container.service === service && !container.isOneOff)
  }

  /** One after the other; stops at the first that fails. */
  *each(what: string, containers: readonly Container[], request: (container: Container) => Run<number>): Run<boolean> {
    for (const container of containers) {
      if (!(yield* this.engine.ask(request(container)))) return false
      yield* this.around.midst(what)
    }
    return true
  }

  update(containers: readonly Container[], policy: (container: Container) => string): Run<boolean> {
    return this.each('update', containers, (container) =>
      this.engine.update(container, policy(container) as Container['policy']),
    )
  }

  start(containers: readonly Container[]): Run<boolean> {
    return this.each('start', containers, (container) => this.engine.start(container))
  }

  remove(containers: readonly Container[]): Run<boolean> {
    return this.each('remove', containers, (container) => this.engine.remove(container))
  }

  /** All at once, as the client does it. */
  *stop(containers: readonly Container[]): Run<boolean> {
    if (!this.engine.isUp) return containers.length === 0
    const { kernel } = this.around.host
    const requests = containers.map((container) => kernel.spawn('engine', this.engine.stop(container)))
    yield 0
    yield* this.around.midst('stop')
    for (const request of requests) if ((yield* ended(request)) !== 0) return false
    return true
  }

  *awaitEngine(): Run<boolean> {
    while (!this.engine.isUp) yield { signals: [this.engine.changed], seconds: 1 }
    return true
  }

  /** Each healthy three times in a row within the time; one that ended has failed at once. */
  *prove(seconds: number, containers: readonly Container[]): Run<boolean> {
    if (containers.length === 0) return true
    const giveUp = this.around.host.now + seconds
    const before = containers.map(({ restarts }) => restarts)
    const hasCheck = containers.every(({ conduct }) => conduct.healthyAfter > 0)
    let streak = 0
    while (streak < 3) {
      yield hasCheck ? 0.1 : 0.5
      const isFine = containers.every(
        ({ status, restarts }, index) => status === 'running' && restarts === before[index],
      )
      if (!isFine || !this.engine.isUp || this.around.host.now >= giveUp) return false
      streak = containers.every((container) => this.engine.isHealthy(container)) ? streak + 1 : 0
    }
    return true
  }
}
