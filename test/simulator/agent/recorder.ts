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
    const wanted = words.map(String)
    return this.records().some(
      (record) => record.length === wanted.length && record.every((word, at) => word === wanted[at]),
    )
  }

  lastOf(type: string): string | undefined {
    return this.records().findLast(([first]) => first === type)?.[1]
  }

  isOver(): boolean {
    return this.records().some(([type]) => type === 'ended')
  }
}

interface Read {
  text: string
  readonly records: (readonly string[])[]
}

const read = new WeakMap<Host, Map<string, Read>>()

/** The whole lines of a journal, without their numbers; only what was added since the last time is read. */
export function readRecords(host: Host, id: string): readonly (readonly string[])[] {
  const ofHost = read.get(host) ?? new Map<string, Read>()
  read.set(host, ofHost)
  const text = host.disk.read(`${folder(id)}/journal`) ?? ''
  let known = ofHost.get(id)
  if (known?.text === text) return known.records
  if (!known || !text.startsWith(known.text)) known = { text: '', records: [] }
  const whole = text.lastIndexOf('\n') + 1
  for (const line of text.slice(known.text.length, whole).split('\n'))
    if (line !== '') known.records.push(line.split(' ').slice(1))
  known.text = text.slice(0, whole)
  ofHost.set(id, known)
  return known.records
}
