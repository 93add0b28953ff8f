import type { Run } from '../kernel.ts'
import type { Docker } from './docker.ts'

/** Seconds after its start at which a migration changes the schema, and at which it ends. */
const MIGRATION = { changesAt: 0.5, endsAt: 1 }

/** A migration and what it asks before: `src/compose/effects/database.sh`. */
export class Database {
  readonly #docker: Docker
  readonly #isCompatible: boolean

  constructor(docker: Docker, isCompatible: boolean) {
    this.#docker = docker
    this.#isCompatible = isCompatible
  }

  *backUp(): Run<boolean> {
    const { tx, host } = this.#docker.around
    const { disk } = host
    const before = `${tx}/schema-before`
    if (!this.#answers() || !disk.write('backups/new', 'dump')) return false
    yield 0.5
    if (!this.#answers()) return false
    disk.sync('backups/new')
    disk.rename('backups/new', 'backups/dump')
    disk.syncFolder('backups')
    if (!disk.write(before, 'old')) return false
    disk.sync(before)
    disk.syncFolder(tx)
    return true
  }

  #answers(): boolean {
    return this.#docker.engine.isUp
  }

  /** In a named container of the new release. The client may die; the container goes on. */
  *runOnce(): Run<boolean> {
    const { host } = this.#docker.around
    const { engine, kernel } = host
    if (!(yield* this.removeOnce())) return false
    const made = yield* engine.ask(
      engine.create({
        service: 'api',
        labels: { migration: 'true' },
        image: 'new',
        conduct: { healthyAfter: Infinity, endsAfter: MIGRATION.endsAt },
        isOneOff: true,
        stopTakes: 0,
        policy: 'no',
      }),
    )
    const once = engine.containers.find(({ labels }) => labels['migration'] === 'true')
    if (!made || !once) return false
    yield* this.#docker.around.midst('migration')
    if (!(yield* engine.ask(engine.start(once)))) return false
    kernel.at(host.now + MIGRATION.changesAt, () => {
      if (once.status === 'running' && !this.#isCompatible) host.isSchemaNew = true
    })
    yield* this.#docker.around.midst('migration')
    while (once.status === 'running' && engine.isUp) yield engine.changed
    const isDone = engine.isUp && host.now >= once.startedAt + MIGRATION.endsAt
    return (yield* engine.ask(engine.removeByForce(once))) && isDone
  }

  *removeOnce(): Run<boolean> {
    const { engine } = this.#docker
    if (!engine.isUp) return false
    for (const once of engine.containers.filter(({ isOneOff }) => isOneOff))
      if (!(yield* engine.ask(engine.removeByForce(once)))) return false
    return true
  }

  /** The old release may serve again when the schema is as it was, or the user says so. */
  *canOldCodeRun(said: string): Run<boolean> {
    const { host } = this.#docker.around
    if (said === 'true') return true
    for (const giveUp = host.now + 30; host.now < giveUp; yield 1) {
      const [store] = this.#docker.containers('db') ?? []
      yield 0.1
      if (!store || !host.engine.isUp) continue
      if (store.status === 'running') return !host.isSchemaNew
      yield* this.#docker.start([store])
    }
    return false
  }

  *noteSchema(): Run<boolean> {
    yield 0.1
    const { disk } = this.#docker.around.host
    return disk.write(`${this.#docker.around.tx}/migration`, 'unknown')
  }
}
