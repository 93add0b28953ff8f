import { RESULTS, type Result, type State, verbsOf } from '../../../src/agent/protocol.ts'
import { NEVER, type Run } from '../kernel.ts'
import { readRecords } from './recorder.ts'
import { folder, type Site } from './site.ts'
import { StepRunner } from './steps.ts'

/** Where a transaction stands when there is nothing more to follow. */
export type Standing =
  | { readonly kind: 'waiting'; readonly state: State }
  | { readonly kind: 'ended'; readonly result: Result; readonly cause: string }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'gone' }
  | { readonly kind: 'no transaction' }

/** What a visitor hands over. */
export interface Word {
  readonly id: string
  readonly nonce: string
  readonly words: readonly string[]
}

/** Seconds that a visitor gives an agent that has yet to begin, and one that was there. */
const PATIENCE = { yetToBegin: 5, gone: 1 }

/** Hands a word to the agent, unless one of its id was said before, and follows what comes of it. */
export function* say(site: Site, tx: string, { id, nonce, words }: Word, from: number): Run<Standing> {
  const { host } = site
  if (!host.disk.has(folder(tx))) return { kind: 'no transaction' }
  const records = readRecords(host, tx)
  const isOver = records.some(([type]) => type === 'ended')
  if (!isOver && !site.agentOf(tx)) return { kind: 'gone' }
  if (isOver) return yield* follow(site, tx, records.length)
  const known = inbox(site, tx).findIndex((text) => text.startsWith(`${id} `))
  if (known >= 0) return yield* follow(site, tx, from, known + 1)
  const refusal = refusalOf(site, tx, nonce, words)
  if (refusal !== undefined) return { kind: 'refused', why: refusal }
  const number = inbox(site, tx).length + 1
  if (!put(site, tx, number, `${id} ${words.join(' ')}`)) return { kind: 'refused', why: 'no-space' }
  host.stir()
  if (host.reach(`said ${words.join(' ')}`)) yield NEVER
  return yield* follow(site, tx, Math.max(from, records.length + 1), number)
}

/** On a full disk the space that is set aside for going back is given to the word that asks for it. */
function put(site: Site, tx: string, number: number, text: string): boolean {
  const { disk } = site.host
  const path = `${folder(tx)}/inbox/${number}`
  if (disk.write(path, text)) return true
  disk.remove(path)
  if (text.split(' ')[1] !== 'abort') return false
  new StepRunner(site, tx).releaseReserve()
  return disk.write(path, text)
}

function inbox(site: Site, tx: string): readonly string[] {
  const words: string[] = []
  for (let text = site.host.disk.read(`${folder(tx)}/inbox/1`); text !== undefined;) {
    words.push(text)
    text = site.host.disk.read(`${folder(tx)}/inbox/${words.length + 1}`)
  }
  return words
}

/** Of a word that does not reach the agent. */
function refusalOf(
  site: Site,
  tx: string,
  nonce: string,
  [word = '', argument = '']: readonly string[],
): string | undefined {
  const state = readRecords(site.host, tx).findLast(([type]) => type === 'state')?.[1] ?? ''
  const key = word === 'advance' ? `advance:${argument}` : word
  const rule = verbsOf(site.openings.get(tx)?.plan.phases ?? {}).find(
    (row) => (row.state === '*' || row.state === state) && row.word === key,
  )
  if (!rule) return `state-${state}`
  return rule.who === 'any' || site.host.disk.read(`${folder(tx)}/nonce`) === nonce ? undefined : 'not-owner'
}

/** Until the agent waits, having heard the word of that number, or has ended. */
export function* follow(site: Site, tx: string, from: number, word = 0): Run<Standing> {
  const { host } = site
  const told = readRecords(host, tx)
  let next = told.length < from && told.at(-1)?.[0] === 'ended' ? told.length : from
  let unheard = word
  let refused: Standing | undefined
  for (let quietSince = host.now; ;) {
    const records = readRecords(host, tx)
    while (next <= records.length) {
      const [type, first = '', second = '', third = ''] = records[next - 1] ?? []
      next++
      if (type === 'refused') refused = { kind: 'refused', why: second }
      if (type === 'ended') {
        yield* itsEnd(site, tx)
        return { kind: 'ended', result: RESULTS.find((known) => known === first) ?? 'stuck', cause: second }
      }
      if (type !== 'waiting' || Number(third) < unheard) continue
      unheard = 0
      if (next > records.length) return refused ?? { kind: 'waiting', state: first as State }
    }
    if (site.agentOf(tx)) quietSince = host.now
    const patience = host.disk.has(`${folder(tx)}/pid`) ? PATIENCE.gone : PATIENCE.yetToBegin
    if (host.now - quietSince >= patience) return { kind: 'gone' }
    yield { signals: [host.stirred], seconds: patience }
  }
}

/**
 * After the terminal record the agent still writes the ledger, and frees the stack; whoever is told of the end may look there at
 * once. Should it have died before that, it is done now.
 */
function* itsEnd(site: Site, tx: string): Run {
  const giveUp = site.host.now + 5
  while (site.agentOf(tx) && site.host.now < giveUp) yield { signals: [site.host.stirred], seconds: 1 }
  if (!site.agentOf(tx) && site.host.disk.read('open') === tx) yield* recover(site)
}

/** `agent recover STACK [TX]`: the minute job without the transaction, a visitor with it. */
export function* recover(site: Site, tx?: string): Run<number> {
  const { host } = site
  const { disk, lock } = host
  const giveUp = host.now + 15
  while (!lock.take()) {
    const open = disk.read('open')
    if (open === undefined ? tx !== undefined && site.agentOf(tx) : site.agentOf(open)) return 0
    if (host.now >= giveUp) return 1
    if (open !== undefined) yield* new StepRunner(site, open).endRecordedEffect()
    yield { signals: [lock.released], seconds: 1 }
  }
  yield* recoverOpen(site)
  if (tx !== undefined) yield* recordThatItNeverBegan(site, tx)
  if (!disk.has('open')) yield* reviveOnce(site)
  return 0
}

function* recoverOpen(site: Site): Run {
  const { disk, kernel } = site.host
  const open = disk.read('open')
  if (open === undefined) return
  if (!disk.has(folder(open))) {
    disk.remove('open')
    return
  }
  const recovery = kernel.spawn('agent', site.newAgent(site, open).recover())
  while (recovery.isAlive) yield recovery.exited
}

/** Nothing was begun, so nothing is taken back. */
function* recordThatItNeverBegan(site: Site, tx: string): Run {
  if (!site.host.disk.has(folder(tx)) || site.agentOf(tx)) return
  const recorder = new StepRunner(site, tx)
  recorder.cutTornTail(recorder.journal)
  if (recorder.records().some(([type]) => type === 'ended' || type === 'state')) return
  recorder.releaseReserve()
  yield* recorder.record('ended', 'undone', 'agent-gone')
}

/** What must run is started once for each start of the engine. */
function* reviveOnce(site: Site): Run {
  const { disk, engine, boots } = site.host
  const start = `${engine.identity} ${boots}`
  if (!engine.isUp || disk.read('engine') === start) return
  const code = yield* site.revive()
  if (code === 0 && disk.write('engine', start)) disk.sync('engine')
}
