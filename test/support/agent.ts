import { type ChildProcess, spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { addressed, packFiles } from '../../src/agent/package.ts'
import { agentName, type Opening, openingFiles } from '../../src/agent/plan-files.ts'
import { openProgram } from '../../src/agent/programs.ts'
import { ProgressReader } from '../../src/agent/progress.ts'
import type { Phase } from '../../src/agent/protocol.ts'
import { newTransactionId } from '../../src/agent/transaction.ts'
import { type Command, script } from '../../src/command/command.ts'
import { type LedgerEntry, parseLedger } from '../../src/ledger/ledger.ts'
import { numbered, type Step } from '../../src/plan/plan.ts'
import { fakeCrontab } from './fake-crontab.ts'
import { findOnPath } from './lab/find-on-path.ts'
import { type Answer, type Damage, NONCE, type TestTransaction, transactionOf } from './test-transaction.ts'
import { until } from './until.ts'

/** The shells that a host's `sh` may be. With `busybox`, the other tools are BusyBox's too, as on Alpine. */
export const SHELLS = ['dash', 'bash', 'busybox'] as const
export type Shell = (typeof SHELLS)[number]

export interface Wishes {
  readonly phases?: Partial<Record<Phase, readonly TrialStep[]>>
  readonly watch?: string
  /** Seconds; a minute where not given. */
  readonly lease?: number
  /** Seconds; a minute where not given. */
  readonly lockTimeout?: number
  /** Where not given, the length that the ledger has when the transaction is opened. */
  readonly head?: number
  /** The first words, which come with the package. */
  readonly goesOn?: NonNullable<Opening['goesOn']>
}

export type TrialStep = Omit<Step, 'id'>

/** A step that leaves a line in the trace, and one when it is taken back. `run` comes after the line. */
export function step(
  name: string,
  more: Partial<Pick<Step, 'run' | 'undo' | 'gate' | 'since' | 'unless' | 'deadline'>> = {},
): TrialStep {
  return {
    title: `do ${name}`,
    because: 'the test wants it',
    run: `${leave(name)}; ${more.run ?? 'true'}`,
    undo: more.undo ?? leave(`undo ${name}`),
    ...(more.gate !== undefined && { gate: more.gate }),
    ...(more.since !== undefined && { since: more.since }),
    ...(more.unless !== undefined && { unless: more.unless }),
    reversibility: 'reversible',
    deadline: more.deadline ?? 20,
  }
}

/** A line of shell that adds a line to the stack's trace. */
export function leave(text: string): string {
  return `echo ${text} >>"$stack/trace"`
}

/** A step that ends only when `TestStack.let` names it. */
export function held(name: string): TrialStep {
  return step(name, { run: `${hold(name)}; ${leave(`${name} ended`)}` })
}

/** A line of shell that ends only when `TestStack.let` names it. */
export function hold(name: string): string {
  return `until [ -e "$stack/let-${name}" ] || [ -e "$stack/let-all" ]; do sleep 0.1; done`
}

export const PHASES = {
  prepare: [step('p1'), step('p2')],
  switch: [step('s1'), step('s2')],
  commit: [step('c1')],
  finish: [step('f1'), step('f2')],
}

/** In memory where that can be had: a busy disk would make each record wait for it. */
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** The folder of a stack in a temporary place, and the real programs run in it by one shell. */
export class TestStack {
  readonly path: string
  readonly #bin = mkdtempSync(join(tmpdir(), 'estiba-shell-'))
  /** What the user's crontab says; there is none at first. */
  readonly crontab = join(this.#bin, 'table')
  readonly #env: NodeJS.ProcessEnv
  readonly #opened: TestTransaction[] = []
  readonly #children = new Set<ChildProcess>()

  /** @param folder where the stack's own folder is made */
  constructor(shell: Shell, folder = place) {
    this.path = mkdtempSync(join(folder, 'estiba-agent-'))
    const [program] = findOnPath(shell)
    if (program === undefined) throw new Error(`${shell} is not installed`)
    symlinkSync(program, join(this.#bin, 'sh'))
    this.put('crontab', fakeCrontab(this.crontab))
    this.#env = { ...process.env, HOME: this.#bin, PATH: [this.#bin, process.env['PATH']].join(delimiter) }
  }

  /** Puts a Compose plugin before this machine's own. */
  putCompose(text: string): void {
    const plugins = join(this.#bin, '.docker/cli-plugins')
    mkdirSync(plugins, { recursive: true })
    writeFileSync(join(plugins, 'docker-compose'), text, { mode: 0o755 })
  }

  /** Puts a program before this machine's own. What is in memory may not be run: https://man7.org/linux/man-pages/man8/mount.8.html */
  put(program: string, text: string): void {
    writeFileSync(join(this.#bin, program), text, { mode: 0o755 })
  }

  open(wishes: Wishes = {}): Promise<TestTransaction> {
    return this.openDamaged(wishes, (content) => content)
  }

  /** Opens a transaction whose package is changed on its way. */
  async openDamaged(wishes: Wishes, damage: Damage): Promise<TestTransaction> {
    const id = newTransactionId(new Date())
    const { content, sha256 } = await packFiles(this.#files(id, wishes))
    const stdin = addressed(id, { content: damage(content), sha256 })
    const opened = this.run({ ...script(openProgram, this.path, agentName), stdin })
    const transaction = transactionOf(this, id, opened)
    this.#opened.push(transaction)
    return transaction
  }

  /** Opens a transaction that has gone as far as `waiting` in that state. */
  async reach(state: 'prepared' | 'migrated' | 'trial', wishes: Wishes = {}): Promise<TestTransaction> {
    const transaction = await this.open(wishes)
    await transaction.opened
    if (state === 'migrated') await transaction.addPhase('migrate', [step('m1')])
    if (state === 'trial') await transaction.say('advance', 'switch')
    if (!transaction.records().at(-1)?.startsWith(`waiting ${state} `))
      throw new Error(`it is not ${state}:\n${transaction.records().join('\n')}`)
    return transaction
  }

  /** With a transaction named, one that never was open is ended too. */
  recover(...id: readonly string[]): Promise<Answer> {
    return this.run(this.agent('recover', this.path, ...id))
  }

  agent(...args: readonly string[]): Command {
    return { argv: ['sh', join(this.path, agentName), ...args] }
  }

  /** Runs a program to its end, that is until nobody holds its standard output any more. */
  run({ argv: [program, ...args], stdin = '' }: Command): Promise<Answer> {
    return new Promise((resolve) => {
      const lines: string[] = []
      const errors: string[] = []
      const reader = new ProgressReader({ line: () => undefined })
      const child = spawn(program, args, { env: this.#env, cwd: this.path })
      this.#children.add(child)
      let rest = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        const parts = (rest + text).split('\n')
        rest = parts.pop() ?? ''
        for (const line of parts) reader.read(line)
        lines.push(...parts)
      })
      child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text))
      child.stdin.on('error', () => undefined).end(stdin)
      child.on('close', (code) => {
        this.#children.delete(child)
        resolve({ code: code ?? -1, lines, errors: errors.join(''), progress: reader.progress })
      })
    })
  }

  /** Kills whatever the runner talks to now, as a connection that breaks may. */
  cutChannels(): void {
    for (const child of this.#children) child.kill('SIGKILL')
  }

  /** What the effects did, in order. */
  trace(): readonly string[] {
    return this.lines('trace')
  }

  ledger(): readonly LedgerEntry[] {
    return parseLedger(this.lines('ledger.jsonl'))
  }

  exists(name: string): boolean {
    return existsSync(join(this.path, name))
  }

  list(name: string): readonly string[] {
    return this.exists(name) ? readdirSync(join(this.path, name)) : []
  }

  lines(name: string): readonly string[] {
    return this.exists(name) ? readFileSync(join(this.path, name), 'utf8').split('\n').filter(Boolean) : []
  }

  /** Lets a held step end. */
  async let(name: string): Promise<void> {
    await mkdir(join(this.path, `let-${name}`), { recursive: true })
  }

  async isLocked(): Promise<boolean> {
    return (await this.run({ argv: ['flock', '-n', join(this.path, 'lock'), 'true'] })).code !== 0
  }

  /** Ends the agents, and waits for what they started: whatever holds the lock. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.cutChannels()
    for (const transaction of this.#opened) if (transaction.isAlive()) await transaction.killAgent()
    await this.let('all')
    await until(async () => !(await this.isLocked()), 'an effect to end', 30)
    for (const folder of [this.path, this.#bin]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }

  #files(id: string, { phases = PHASES, watch, lease = 60, lockTimeout = 60, head, goesOn }: Wishes) {
    const numberedPhases = Object.fromEntries(Object.entries(phases).map(([phase, steps]) => [phase, numbered(steps)]))
    return openingFiles({
      stack: { name: 'shop', path: this.path },
      plan: { title: 'test', services: [], phases: numberedPhases, notes: [], ...(watch !== undefined && { watch }) },
      releaseId: 'r1',
      nonce: NONCE,
      lease,
      lockTimeout,
      head: head ?? this.lines('ledger.jsonl').length,
      ...(goesOn && { goesOn }),
      ledger: {
        action: 'deploy',
        release: `r-${id}`,
        version: '1.0.0',
        commit: 'abc',
        from: '',
        actor: 'ana',
        run: 'u',
      },
      shipments: [],
      dockerConfig: '{}',
    })
  }
}
