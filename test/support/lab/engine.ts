import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { inCache, withLock } from './cache.ts'
import { labsInEngine } from './docker.ts'
import { isAlive, markOf, thisProcess } from './owner.ts'
import { progress, run, succeeds } from './process.ts'

/** An engine that the lab started itself, and the processes that need it. An engine that ran before has no such record. */
interface StartedEngine {
  readonly pid: number
  readonly mark: string
  readonly holders: readonly string[]
}

const PATIENCE = 30_000
let holds = 0

/**
 * Sees to it that a Docker engine answers and goes on answering until this process has released it as often as it held
 * it. Where none runs, root starts one; it ends with the last lab. Disposing of the result releases it.
 */
export async function holdEngine(): Promise<AsyncDisposable> {
  await withLock('engine', async () => {
    if (!(await answers())) await startEngine()
    holds += 1
    const engine = readEngine()
    if (engine !== undefined) writeEngine({ ...engine, holders: withoutMine(engine).concat(thisProcess()) })
  })
  return { [Symbol.asyncDispose]: releaseEngine }
}

/** Ends an engine that the lab started, when neither a process nor a running lab needs it any more. */
export async function releaseEngine(): Promise<void> {
  await withLock('engine', async () => {
    holds = Math.max(0, holds - 1)
    const engine = readEngine()
    if (engine === undefined || holds > 0) return
    const holders = withoutMine(engine).filter(isAlive)
    writeEngine({ ...engine, holders })
    if (holders.length > 0 || (await labsInEngine()).size > 0) return
    await stopEngine(engine)
  })
}

const answers = () => succeeds(['docker', 'info'])

async function startEngine(): Promise<void> {
  if (process.getuid?.() !== 0) {
    const { stdout, stderr } = await run(['docker', 'info', '--format', '{{.ServerVersion}}'])
    throw new Error(`The Docker engine does not answer: ${(stderr + stdout).trim()}\nStart it, or let root start it.`)
  }
  const log = inCache('dockerd.log')
  progress(`starts a Docker engine (its log: ${log}); it ends with the lab`)
  const file = openSync(log, 'a')
  const child = spawn('dockerd', [], { detached: true, stdio: ['ignore', file, file] })
  closeSync(file)
  let failure: string | undefined
  child.once('error', (error) => (failure = error.message))
  child.once('exit', (code) => (failure = `dockerd ended with exit code ${code ?? -1}`))
  const end = Date.now() + PATIENCE
  while (!(await answers())) {
    if (failure !== undefined || Date.now() > end) {
      const lastLines = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n').slice(-10).join('\n    ') : ''
      throw new Error(`The Docker engine did not start: ${failure ?? 'no answer in 30 s'}.\n    ${lastLines}`)
    }
    await sleep(200)
  }
  child.unref()
  const pid = child.pid ?? 0
  writeEngine({ pid, mark: markOf(pid), holders: [] })
}

async function stopEngine({ pid, mark }: StartedEngine): Promise<void> {
  const end = Date.now() + PATIENCE
  process.kill(pid, 'SIGTERM')
  while (isAlive(mark)) {
    if (Date.now() > end) throw new Error(`The Docker engine that the lab started (process ${pid}) does not end.`)
    await sleep(100)
  }
  rmSync(recordPath(), { force: true })
}

const recordPath = () => inCache('engine.json')
const withoutMine = ({ holders }: StartedEngine) => holders.filter((holder) => holder !== thisProcess())

function writeEngine(engine: StartedEngine): void {
  writeFileSync(recordPath(), JSON.stringify(engine))
}

/** The record of an engine that still runs; one that died with the machine is forgotten. */
function readEngine(): StartedEngine | undefined {
  if (!existsSync(recordPath())) return undefined
  const engine = JSON.parse(readFileSync(recordPath(), 'utf8')) as StartedEngine
  if (isAlive(engine.mark)) return engine
  rmSync(recordPath())
  return undefined
}
