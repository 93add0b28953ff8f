import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { agentName } from '../../../src/agent/plan-files.ts'
import { hold, leave, type Shell, step, TestStack } from '../../support/agent.ts'
import type { Answer, TestTransaction } from '../../support/test-transaction.ts'
import { until } from '../../support/until.ts'
import { type Deed, OTHER_LOCK_TIMEOUT, type Phases, type Seen, type Trace, type TraceStep } from './trace.ts'

type TrialStep = ReturnType<typeof step>

/** Runs a trace with the real programs in one shell. `agent`: another text for the agent's program, for planted bugs. */
export async function runInShell(trace: Trace, shell: Shell, agent?: string): Promise<Seen> {
  await using stack = new TestStack(shell)
  if (agent !== undefined) writeFileSync(join(stack.path, agentName), agent)
  const opened = await stack.open(wishes(trace))
  const run = new ShellRun(stack, opened, trace)
  const first = trace.deeds[0]
  const answers: string[] = []
  if (!(first && 'step' in first && first.words[0] === 'open')) answers.push(format(await opened.opened))
  for (const deed of trace.deeds) answers.push(await run.act(deed))
  return { answers, ...run.seen() }
}

class ShellRun {
  readonly #stack: TestStack
  readonly #trace: Trace
  readonly #transaction: TestTransaction
  readonly #all: TestTransaction[]

  constructor(stack: TestStack, transaction: TestTransaction, trace: Trace) {
    this.#stack = stack
    this.#trace = trace
    this.#transaction = transaction
    this.#all = [transaction]
  }

  async act(deed: Deed): Promise<string> {
    const stack = this.#stack
    const transaction = this.#transaction
    switch (deed.do) {
      case 'say':
        return format(
          await (deed.as === 'owner' ? transaction.say(...deed.words) : transaction.sayAsOther(...deed.words)),
        )
      case 'migrate':
        return format(await transaction.addPhase('migrate', deed.steps.map(real)))
      case 'say meanwhile': {
        const leading = await this.#lead(deed.words, deed.step)
        const others: Promise<Answer>[] = []
        for (const words of deed.others) others.push((await this.#sayInTurn(words)).answer)
        await stack.let(deed.step)
        await leading.answer
        return (await Promise.all(others)).map(format).join(' | ')
      }
      case 'abort meanwhile': {
        const leading = await this.#lead(deed.words, deed.step)
        const answer = format(await transaction.sayAsOther('abort', 'not-wanted'))
        await leading.answer
        return answer
      }
      case 'kill meanwhile': {
        const leading = await this.#lead(deed.words, deed.step)
        await transaction.killAgent()
        const recovery = { isOver: false }
        const recovering = stack.recover().then(() => {
          recovery.isOver = true
        })
        await until(() => recovery.isOver || this.#count(deed.step) > 1, 'the recovery')
        await stack.let(deed.step)
        await recovering
        await leading.answer
        return 'recovered'
      }
      case 'kill':
        if (transaction.isAlive()) await transaction.killAgent()
        return 'killed'
      case 'recover':
        await stack.recover()
        return 'recovered'
      case 'tear':
        if (transaction.isAlive()) await transaction.killAgent()
        this.#tear()
        return 'torn'
      case 'fall': {
        const next = transaction.records().length + 1
        await stack.let('fall')
        return format(await transaction.follow(next))
      }
      case 'expire':
        await until(() => !transaction.isAlive(), 'the end of the lease')
        return 'expired'
      case 'open another': {
        const other = await stack.open({ ...wishes(this.#trace), lockTimeout: OTHER_LOCK_TIMEOUT })
        this.#all.push(other)
        return format(await other.opened)
      }
    }
  }

  seen(): Omit<Seen, 'answers'> {
    return {
      journals: this.#all.map((each) => this.#journal(each).map((record) => this.#withoutNames(record).trim())),
      trace: this.#stack.trace(),
      ledger: this.#stack.ledger().map(({ result, cause }) => `${result} ${cause}`.trim()),
      isOpen: this.#stack.exists('open'),
    }
  }

  /** Whole records only: where nothing is open any more, nobody cuts a torn one off. */
  #journal(transaction: TestTransaction): readonly string[] {
    const text = readFileSync(join(this.#stack.path, 'transactions', transaction.id, 'journal'), 'utf8')
    return transaction.records().slice(0, text.split('\n').length - 1)
  }

  /** Transactions are called by their number, and all agents the same. */
  #withoutNames(record: string): string {
    return this.#all
      .reduce((text, { id }, index) => text.replace(id, `t${index + 1}`), record)
      .replace(/^began-agent .*/, 'began-agent agent')
  }

  async #lead(words: readonly string[], held: string): Promise<{ answer: Promise<Answer> }> {
    const answer = words[0] === 'open' ? this.#transaction.opened : this.#transaction.say(...words)
    await until(() => this.#count(held) > 0, `the step ${held}`)
    return { answer }
  }

  /** Waits until the word is in the inbox or was refused, so that the next one comes behind it. */
  async #sayInTurn(words: readonly string[]): Promise<{ answer: Promise<Answer> }> {
    const { id } = this.#transaction
    let number = 1
    while (this.#stack.exists(`transactions/${id}/inbox/${number}`)) number++
    const turn = { isOver: false }
    const answer = this.#transaction.say(...words).finally(() => {
      turn.isOver = true
    })
    await until(
      () => turn.isOver || this.#stack.exists(`transactions/${id}/inbox/${number}`),
      `the word ${words.join(' ')}`,
    )
    return { answer }
  }

  #count(line: string): number {
    return this.#stack.trace().filter((each) => each === line).length
  }

  #tear(): void {
    const journal = join(this.#stack.path, 'transactions', this.#transaction.id, 'journal')
    const text = readFileSync(journal, 'utf8')
    const last = text.lastIndexOf('\n', text.length - 2) + 1
    truncateSync(journal, last + Math.floor((text.length - last) / 2))
  }
}

function wishes({ phases, hasWatch, lease }: Trace) {
  return {
    phases: realSteps(phases),
    ...(hasWatch && { watch: '[ ! -e "$stack/let-fall" ]' }),
    lease,
  }
}

function realSteps(phases: Phases): Partial<Record<keyof Phases, readonly TrialStep[]>> {
  return Object.fromEntries(Object.entries(phases).map(([phase, steps]) => [phase, steps.map(real)]))
}

function real({ name, code, undoFails, hasUndo, gate, since, unless, isHeld }: TraceStep): TrialStep {
  const { undo: _, ...more } = step(name, {
    run: `${isHeld ? `${hold(name)}; ${leave(`${name} ended`)}; ` : ''}exit ${code}`,
    ...(gate !== undefined && { gate: `${leave(`gate ${name}`)}; exit ${gate ? 0 : 1}` }),
    ...(since !== undefined && { since }),
    ...(unless !== undefined && { unless }),
    deadline: 60,
  })
  const undo = `${leave(`undo ${name}`)}; [ "$(grep -cx "undo ${name}" "$stack/trace")" -gt ${undoFails} ]`
  return hasUndo ? { ...more, undo } : more
}

function format({ progress, code }: Answer): string {
  switch (progress?.kind) {
    case 'waiting':
      return `waiting ${progress.state}`
    case 'ended':
      return `ended ${progress.result} ${progress.cause}`.trim()
    case 'refused':
      return `refused ${progress.why}`
    case 'gone':
      return 'gone'
    case undefined:
      return `nothing, exit code ${code}`
  }
}
