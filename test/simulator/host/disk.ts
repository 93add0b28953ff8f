/** What becomes of that which was not synced when the host is cut off: nothing of it is left, all, or half of what was appended. */
export type Loss = 'lost' | 'kept' | 'torn'

interface Node {
  text: string
  /** What is on the platter; undefined when nothing ever came there. */
  synced: string | undefined
}

/**
 * A disk with a cache in front. What was written is there at once, and after the host was cut off only when it was synced: the
 * text of a file by `sync`, its name, a new one as well as a changed or a removed one, by `syncFolder`.
 */
export class Disk {
  isFull = false
  /** What may still be written when it is full: what was set free. */
  room = 0
  /** Told of each file that another text or another name came to. */
  onChange: (path: string) => void = () => undefined
  #names = new Map<string, Node>()
  #syncedNames = new Map<string, Node>()
  #changedNames = new Set<string>()
  #folders = new Set<string>()

  /** A folder whose name can be lost, and with it all that is in it. */
  makeFolder(path: string): void {
    this.#folders.add(path)
    if (!this.has(path)) this.#name(path, { text: '', synced: '' })
  }

  has(path: string): boolean {
    return this.#names.has(path)
  }

  read(path: string): string | undefined {
    return this.#names.get(path)?.text
  }

  /** Names in a folder, of files and of folders that were made as one. */
  list(folder: string): readonly string[] {
    return [...this.#names.keys()]
      .filter((path) => folderOf(path) === folder)
      .map((path) => path.slice(folder.length + 1))
  }

  /** False when the disk is full; the file is then there, and empty, as with a shell's `>`. */
  write(path: string, text: string): boolean {
    const hasRoom = this.#takeRoom(text)
    const node = this.#names.get(path)
    if (node) node.text = hasRoom ? text : ''
    else this.#name(path, { text: hasRoom ? text : '', synced: undefined })
    this.onChange(path)
    return hasRoom
  }

  append(path: string, text: string): boolean {
    if (!this.#takeRoom(text)) return false
    const node = this.#names.get(path)
    if (node) node.text += text
    else this.#name(path, { text, synced: undefined })
    this.onChange(path)
    return true
  }

  /** Needs no room. */
  truncate(path: string, length: number): void {
    const node = this.#names.get(path)
    if (node) node.text = node.text.slice(0, length)
  }

  /** A second name for a file; false when the name is taken. */
  link(from: string, to: string): boolean {
    const node = this.#names.get(from)
    if (!node || this.#names.has(to)) return false
    this.#name(to, node)
    return true
  }

  rename(from: string, to: string): boolean {
    const node = this.#names.get(from)
    if (!node) return false
    this.remove(from)
    this.#name(to, node)
    this.onChange(to)
    return true
  }

  remove(path: string): void {
    if (!this.#names.delete(path)) return
    this.#changedNames.add(path)
    this.onChange(path)
  }

  /** A folder and what is in it. */
  removeTree(folder: string): void {
    for (const path of this.#names.keys()) if (path === folder || path.startsWith(`${folder}/`)) this.remove(path)
  }

  sync(path: string): void {
    const node = this.#names.get(path)
    if (node) node.synced = node.text
  }

  /** The names in one folder, not what is in the files. */
  syncFolder(folder: string): void {
    for (const path of this.#changedNames) if (folderOf(path) === folder) this.#syncName(path)
  }

  syncAll(): void {
    for (const path of this.#changedNames) this.#syncName(path)
    for (const node of this.#names.values()) node.synced = node.text
  }

  cutOff(loss: Loss): void {
    if (loss === 'kept') this.syncAll()
    this.#names = new Map()
    for (const [path, node] of this.#syncedNames) {
      const { text, synced = '' } = node
      const isTorn = loss === 'torn' && text.length > synced.length && text.startsWith(synced)
      node.text = isTorn ? text.slice(0, synced.length + Math.ceil((text.length - synced.length) / 2)) : synced
      node.synced = node.text
      if (!this.#isLost(folderOf(path))) this.#names.set(path, node)
    }
    this.#changedNames.clear()
    for (const path of this.#names.keys()) this.onChange(path)
  }

  /** Everything that can be read, to tell whether something changed. */
  digest(): string {
    const files = [...this.#names].filter(([path]) => !isVolatile(path))
    return files
      .map(([path, { text }]) => `${path}=${text}`)
      .sort()
      .join('\n')
  }

  /** Whether the folder is one that was made and whose name never came to the platter. */
  #isLost(folder: string): boolean {
    return (
      folder !== '' && ((this.#folders.has(folder) && !this.#syncedNames.has(folder)) || this.#isLost(folderOf(folder)))
    )
  }

  #takeRoom(text: string): boolean {
    if (!this.isFull) return true
    if (text.length > this.room) return false
    this.room -= text.length
    return true
  }

  #name(path: string, node: Node): void {
    this.#names.set(path, node)
    this.#changedNames.add(path)
  }

  #syncName(path: string): void {
    const node = this.#names.get(path)
    if (node) this.#syncedNames.set(path, node)
    else this.#syncedNames.delete(path)
    this.#changedNames.delete(path)
  }
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

/** Names a process, or counts. */
function isVolatile(path: string): boolean {
  return path.endsWith('/pid') || path.endsWith('/effect') || path === 'engine-state'
}
