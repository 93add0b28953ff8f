import type { Host } from '../host/host.ts'
import { NEVER, type Run } from '../kernel.ts'
import { folder, type Opening, type Site } from './site.ts'

/** A transaction's journal: what `src/agent/program/journal.sh` does. */
export class Recorder {
  readonly id: string
  readonly tx: string
  readonly site: Site
  readonly host: Host

  constructor(site: Site, id: string) {
    this.site = site
    this.host = site.host
    this.id = id
    this.tx = folder(id)
  }

  get opening(): Opening {
    const opening = this.site.openings.get(this.id)
    if (!opening) throw new Error(`no package of ${this.id} was ever brought`)
    return opening
  }

  get journal(): string {
    return `${this.tx}/journal`
  }

  /** Without their numbers. */
  records(): readonly (readonly string[])[] {
    return readRecords(this.host, this.id)
  }

  /** Passes a point at which something may strike. */
  *pass(point: string, what: string): Run {
    if (this.host.reach(`${point} ${what}`)) yield NEVER
  }

  /** False when there is no space; otherwise it is on the platter when this returns. */
  *record(...words: readonly (string | number)[]): Run<boolean> {
    const { disk } = this.host
    const text = words.join(' ')
    if (!disk.append(this.journal, `${this.records().length + 1} ${text}\n`)) {
      this.cutTornTail(this.journal)
      return false
    }
    yield* this.pass('written', text)
    this.sync(this.journal)
    this.host.stir()
    yield* this.pass('recorded', text)
    return true
  }

  sync(path: string): void {
    this.host.disk.sync(path)
  }

  cutTornTail(path: string): void {
    const text = this.host.disk.read(path) ?? ''
    const whole = text.lastIndexOf('\n') + 1
    if (whole === text.length) return
    this.host.disk.truncate(path, whole)
    this.sync(path)
  }

  has(...words: readonly (string | number)[]): boolean {
    const wanted = words.join(' ')
    return this.records().some((record) => record.join(' ') === wanted)
  }

  lastOf(type: string): string | undefined {
    return this.records().findLast(([first]) => first === type)?.[1]
  }

  isOver(): boolean {
    return this.records().some(([type]) => type === 'ended')
  }
}

interface Read {
  readonly text: string
  readonly records: readonly (readonly string[])[]
}

const read = new WeakMap<Host, Map<string, Read>>()

/** The whole lines of a journal, read again only when it has changed. */
export function readRecords(host: Host, id: string): readonly (readonly string[])[] {
  const ofHost = read.get(host) ?? new Map<string, Read>()
  read.set(host, ofHost)
  const text = host.disk.read(`${folder(id)}/journal`) ?? ''
  const before = ofHost.get(id)
  if (before?.text === text) return before.records
  const isLonger = before !== undefined && before.text !== '' && text.startsWith(before.text)
  const added = isLonger ? text.slice(before.text.length) : text
  const records = added
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(' ').slice(1))
  const all = isLonger ? [...before.records, ...records] : records
  // Half a line is read again together with its rest.
  if (text.endsWith('\n')) ofHost.set(id, { text, records: all })
  return all
}
