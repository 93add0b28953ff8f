import type { Surroundings } from '../agent/site.ts'
import { folderOf } from '../host/disk.ts'
import type { Run } from '../kernel.ts'
import type { Release } from './interpret.ts'

/** Effects on the folder of the stack: `src/compose/effects/files.sh`, and `edge/live` of `slots.sh`. */
export class Files {
  readonly #around: Surroundings
  readonly #release: Release

  constructor(around: Surroundings, release: Release) {
    this.#around = around
    this.#release = release
  }

  *stage(): Run<boolean> {
    const { disk } = this.#around.host
    const folder = `releases/${this.#release.manifest.id}`
    if (!disk.has(folder)) {
      if (!disk.write(`${folder}.new`, 'whole')) return false
      disk.sync(`${folder}.new`)
      disk.rename(`${folder}.new`, folder)
      yield* this.#around.midst('rename')
    }
    disk.syncFolder('releases')
    return true
  }

  *unstage(): Run<boolean> {
    const { disk } = this.#around.host
    const folder = `releases/${this.#release.manifest.id}`
    if (!(disk.read('current') ?? '').startsWith(`${folder}/`)) disk.remove(folder)
    yield* this.#around.midst('rename')
    return true
  }

  *forgetStack(): Run<boolean> {
    const { disk } = this.#around.host
    disk.remove('current')
    yield* this.#around.midst('remove')
    for (const release of ['v1', 'v2']) disk.remove(`releases/${release}`)
    yield* this.#around.midst('remove')
    if (!disk.write('removed', '')) return false
    disk.sync('removed')
    disk.syncFolder(folderOf('removed'))
    return true
  }

  /** A link that is replaced by a rename, synced. */
  *link(path: string, to: string): Run<boolean> {
    if (!(yield* this.linkUnsynced(path, to))) return false
    this.#around.host.disk.syncFolder(folderOf(path))
    return true
  }

  *linkUnsynced(path: string, to: string): Run<boolean> {
    const { disk } = this.#around.host
    if (!disk.write(`${path}.new`, to)) return false
    disk.sync(`${path}.new`)
    disk.rename(`${path}.new`, path)
    yield* this.#around.midst('rename')
    return true
  }

  *pull(): Run<boolean> {
    const { disk, engine } = this.#around.host
    yield 0.5
    return engine.isUp && disk.append('images', this.#release.manifest.id)
  }
}
