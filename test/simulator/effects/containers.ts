import type { Container } from '../host/container.ts'
import { isLed } from '../host/edge.ts'
import type { Run } from '../kernel.ts'
import type { Docker } from './docker.ts'
import type { Release } from './interpret.ts'

/** What is done to the containers of a service, old and new: `src/compose/effects/containers.sh` and `slots.sh`. */
export class Containers {
  readonly docker: Docker
  readonly release: Release

  constructor(docker: Docker, release: Release) {
    this.docker = docker
    this.release = release
  }

  get #served(): string {
    return `${this.docker.around.tx}/served`
  }

  /** Those that a stop was begun for: the engine goes on with it when its client is gone. */
  get #stopping(): string {
    return `${this.docker.around.tx}/stopping`
  }

  newOf(service: string): readonly Container[] | undefined {
    const [name = '', definition = ''] = (service.split(':')[0] ?? '').split('=')
    return this.docker
      .containers(name)
      ?.filter(
        ({ labels }) =>
          labels['estiba.definition'] === definition &&
          [this.release.variant, ''].includes(labels['estiba.slot'] ?? ''),
      )
  }

  oldOf(service: string): readonly Container[] | undefined {
    const fresh = this.newOf(service)
    return (
      fresh && this.docker.containers(service.split('=')[0] ?? '')?.filter((container) => !fresh.includes(container))
    )
  }

  /** Of all services; undefined when the engine does not answer. */
  newOfAll(services: readonly string[]): readonly Container[] | undefined {
    return allOf(services.map((service) => this.newOf(service)))
  }

  oldOfAll(services: readonly string[]): readonly Container[] | undefined {
    return allOf(services.map((service) => this.oldOf(service)))
  }

  *answers(): Run<boolean> {
    yield 0
    return this.docker.engine.isUp
  }

  *clearSlot(slot: string): Run<boolean> {
    if (!this.docker.engine.isUp) return false
    const left = this.docker.engine.containers.filter(({ labels }) => labels['estiba.slot'] === slot)
    return yield* this.#remove(left)
  }

  *createNew(services: readonly string[]): Run<boolean> {
    const { docker, release } = this
    for (const service of services) {
      const [name = '', definition = ''] = (service.split(':')[0] ?? '').split('=')
      const wanted = release.manifest.services[name]
      const missing = Number(service.split(':')[1]) - (this.newOf(service)?.length ?? 0)
      for (let count = 0; count < missing; count++) {
        const made = yield* docker.engine.ask(
          docker.engine.create({
            service: name,
            labels: {
              'estiba.definition': definition,
              'estiba.release': release.manifest.id,
              'estiba.slot': wanted?.kind === 'edge' ? '' : release.variant,
            },
            image: wanted?.image ?? '',
            conduct: release.conduct[name] ?? { healthyAfter: 0, endsAfter: Infinity },
            isOneOff: false,
            stopTakes: release.stopTakes,
            policy: (wanted?.restart.split(':')[0] ?? 'no') as Container['policy'],
          }),
        )
        if (!made) return false
        yield* docker.around.midst('create')
      }
    }
    const fresh = this.newOfAll(services)
    return fresh !== undefined && (yield* docker.update(fresh, () => 'no'))
  }

  *#remove(containers: readonly Container[] | undefined): Run<boolean> {
    if (!containers) return false
    const { docker } = this
    return (
      (yield* docker.update(containers, () => 'no')) &&
      (yield* docker.stop(containers)) &&
      (yield* docker.remove(containers))
    )
  }

  /** What runs now, with the engine's restart policy, and of what ran before what an engine that was killed has left down. */
  *noteServed(ran: readonly string[]): Run<boolean> {
    const { disk, engine } = this.docker.around.host
    if (disk.has(this.#served)) return true
    const down = engine.containers.filter(
      ({ id, status, policy }) => ran.includes(id) && status === 'exited' && policy !== 'no',
    )
    if (!(yield* this.docker.start(down)) || !engine.isUp) return false
    const running = engine.containers.filter(({ status, isOneOff }) => status === 'running' && !isOneOff)
    const lines = running.map(({ service, id, policy }) => `${service} ${id} ${policy}\n`)
    if (!disk.write(`${this.#served}.new`, lines.join(''))) return false
    disk.sync(`${this.#served}.new`)
    disk.rename(`${this.#served}.new`, this.#served)
    yield* this.docker.around.midst('rename')
    disk.syncFolder(this.docker.around.tx)
    return true
  }

  served(): readonly (readonly string[])[] {
    return (this.docker.around.host.disk.read(this.#served) ?? '')
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' '))
  }

  /** The policy first: the engine starts a stopped container again after its own restart when the policy says so. */
  *stopOld(services: readonly string[]): Run<boolean> {
    const old = this.oldOfAll(services)
    const { disk } = this.docker.around.host
    if (!old || !disk.append(this.#stopping, old.map(({ id }) => `${id}\n`).join(''))) return false
    disk.sync(this.#stopping)
    disk.syncFolder(this.docker.around.tx)
    return (yield* this.docker.update(old, () => 'no')) && (yield* this.docker.stop(old))
  }

  *standBy(seconds: number, services: readonly string[]): Run<boolean> {
    const { docker } = this
    const served = this.served().filter(([owner = '']) => services.includes(owner))
    if (served.length === 0) return true
    yield* docker.awaitEngine()
    if (!(yield* this.endStops())) return false
    const started: Container[] = []
    for (const [, id, policy = ''] of served) {
      const container = docker.engine.containers.find((each) => each.id === id)
      if (!container || !docker.engine.isUp) return false
      if (container.status === 'running' && container.policy === policy) continue
      if (!(yield* docker.start([container])) || !(yield* docker.update([container], () => policy))) return false
      started.push(container)
    }
    return yield* docker.prove(seconds, started)
  }

  /** The engine goes on with a stop whose client was killed. */
  *endStops(): Run<boolean> {
    const { disk } = this.docker.around.host
    const listed = (disk.read(this.#stopping) ?? '').split('\n')
    const served = this.served().map(([, id = '']) => id)
    const ending = this.docker.engine.containers.filter(({ id }) => listed.includes(id) && served.includes(id))
    if (!disk.has(this.#stopping)) return true
    if (!(yield* this.docker.stop(ending))) return false
    disk.remove(this.#stopping)
    disk.syncFolder(this.docker.around.tx)
    return true
  }

  *startAndProve(seconds: number, services: readonly string[]): Run<boolean> {
    const fresh = this.newOfAll(services)
    if (!fresh || services.some((service) => this.newOf(service)?.length === 0)) return false
    return (yield* this.docker.start(fresh)) && (yield* this.docker.prove(seconds, fresh))
  }

  *runJobs(services: readonly string[]): Run<boolean> {
    const fresh = this.newOfAll(services)
    if (!fresh || fresh.length === 0 || !(yield* this.docker.start(fresh))) return false
    return yield* this.docker.each('wait', fresh, (container) => this.docker.engine.wait(container))
  }

  *stopNew(services: readonly string[]): Run<boolean> {
    yield* this.docker.awaitEngine()
    const fresh = this.newOfAll(services)
    return fresh !== undefined && (yield* this.docker.stop(fresh))
  }

  *keepAlive(services: readonly string[]): Run<boolean> {
    yield* this.docker.awaitEngine()
    for (const service of services) {
      const fresh = this.newOf(service)
      const policy = service.split(':')[1] ?? 'no'
      if (!fresh || !(yield* this.docker.update(fresh, () => policy)) || !(yield* this.docker.start(fresh)))
        return false
    }
    return true
  }

  *removeOld(services: readonly string[]): Run<boolean> {
    yield* this.docker.awaitEngine()
    return yield* this.#remove(this.oldOfAll(services))
  }

  *removeIdle(services: readonly string[]): Run<boolean> {
    const all = allOf(services.map((service) => this.docker.containers(service)))
    return (yield* this.docker.remove(all?.filter(({ status }) => status !== 'running') ?? [])) && all !== undefined
  }

  *areGone(services: readonly string[]): Run<boolean> {
    yield* this.docker.awaitEngine()
    return this.oldOfAll(services)?.length === 0
  }

  *areWell(services: readonly string[]): Run<boolean> {
    yield 0
    const all = services.map((service) => this.newOf(service))
    return all.every(
      (fresh) =>
        fresh && fresh.length > 0 && fresh.every(({ status, restarts }) => status === 'running' && restarts === 0),
    )
  }

  /** Through each running edge, which reads the link at each request. */
  *seeEdge(wanted: string, edges: readonly string[]): Run<boolean> {
    yield 0.05
    const running = edges.flatMap(
      (edge) => this.docker.containers(edge)?.filter(({ status }) => status === 'running') ?? [],
    )
    return running.length >= edges.length && isLed(this.docker.around.host, wanted)
  }

  *reload(edge: string): Run<boolean> {
    yield 0.05
    return this.docker.containers(edge) !== undefined
  }

  *reloadAll(edges: readonly string[]): Run<boolean> {
    for (const edge of edges) if (!(yield* this.reload(edge))) return false
    return true
  }
}

function allOf(lists: readonly (readonly Container[] | undefined)[]): readonly Container[] | undefined {
  const all: Container[] = []
  for (const list of lists) {
    if (!list) return undefined
    all.push(...list)
  }
  return all
}
