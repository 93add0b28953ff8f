import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { packFiles } from '../../src/agent/package.ts'
import { phaseFiles } from '../../src/agent/plan-files.ts'
import { addPhaseProgram } from '../../src/agent/programs.ts'
import type { Progress } from '../../src/agent/progress.ts'
import type { Phase } from '../../src/agent/protocol.ts'
import { script } from '../../src/command/command.ts'
import { numbered } from '../../src/plan/plan.ts'
import type { TestStack, TrialStep } from './agent.ts'
import { until } from './until.ts'

/** What the owner of each transaction knows. */
export const NONCE = '0123456789abcdef'

/** What happens to a package on its way. */
export type Damage = (content: Uint8Array) => Uint8Array

/** What a program of the host said and how it ended. */
export interface Answer {
  readonly code: number
  readonly lines: readonly string[]
  readonly errors: string
  /** Where the lines say that the transaction stands, as the runner reads them. */
  readonly progress: Progress | undefined
}

/** One transaction of a test stack, spoken to as over SSH. */
export interface TestTransaction {
  readonly id: string
  readonly opened: Promise<Answer>
  say(...words: readonly string[]): Promise<Answer>
  /** Says the word with that id, perhaps not for the first time. */
  sayAgain(word: string, from: number, ...words: readonly string[]): Promise<Answer>
  /** Speaks without knowing the nonce. */
  sayAsOther(...words: readonly string[]): Promise<Answer>
  follow(from: number): Promise<Answer>
  addPhase(phase: Phase, steps: readonly TrialStep[], damage?: Damage, nonce?: string): Promise<Answer>
  /** The journal's records without number and times. */
  records(): readonly string[]
  /** Waits until so many words were said, heard or not. */
  said(words: number): Promise<void>
  /** Waits until the journal has a record. */
  recorded(record: string): Promise<void>
  /** SIGKILL for the agent alone; its effects live on. */
  killAgent(): Promise<void>
  /** SIGKILL for the agent and all that is its own, its effects apart. */
  killGroup(): Promise<void>
  isAlive(): boolean
}

/** The transaction of that id, once its package is on its way to the stack. */
export function transactionOf(stack: TestStack, id: string, opened: Promise<Answer>): TestTransaction {
  const agent = (...args: readonly string[]): Promise<Answer> => stack.run(stack.agent(...args))
  const lines = (name: string): readonly string[] => stack.lines(`transactions/${id}/${name}`)
  const kill = async (sign: 1 | -1): Promise<void> => {
    process.kill(sign * Number(lines('pid')[0]), 'SIGKILL')
    await until(() => !transaction.isAlive(), 'the end of the agent')
  }
  const transaction: TestTransaction = {
    id,
    opened,
    say: (...words) => agent('say', stack.path, id, NONCE, newWord(), '0', ...words),
    sayAgain: (word, from, ...words) => agent('say', stack.path, id, NONCE, word, String(from), ...words),
    sayAsOther: (...words) => agent('say', stack.path, id, 'none', newWord(), '0', ...words),
    follow: (from) => agent('follow', stack.path, id, String(from)),
    addPhase: async (phase, steps, spoil = (intact) => intact, who = NONCE) => {
      const added = await packFiles(phaseFiles('.', numbered(steps)))
      const add = script(addPhaseProgram, stack.path, id, added.sha256, who, newWord(), '0', phase)
      return await stack.run({ ...add, stdin: spoil(added.content) })
    },
    records: () => lines('journal').map((line) => line.replace(/^(\d+ ){3}/, '')),
    recorded: (record) => until(() => transaction.records().some((text) => text.startsWith(record)), record),
    said: (words) => until(() => stack.exists(`transactions/${id}/inbox/${words}`), `word ${words}`),
    killAgent: () => kill(1),
    killGroup: () => kill(-1),
    isAlive: () => isAgent(lines('pid')[0], id),
  }
  return transaction
}

function newWord(): string {
  return randomBytes(6).toString('hex')
}

function isAgent(pid: string | undefined, id: string): boolean {
  try {
    return readFileSync(`/proc/${pid ?? 'none'}/cmdline`, 'utf8').includes(id)
  } catch {
    return false
  }
}
