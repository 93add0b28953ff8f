import { describe, expect, test } from 'vitest'
import { type Course, prepareModel, type ToPrepare } from '../../../actions/deploy-over-ssh/prepare.ts'
import type { ComposeModel } from '../../../src/compose/model.ts'
import type { HostFacts } from '../../../src/stack/host-facts.ts'
import type { Observation } from '../../../src/stack/observation.ts'
import { deployValue } from '../../support/deploy-inputs.ts'
import { FakeJob } from '../../support/fake-job.ts'
import { FakeRemote } from '../../support/fake-remote.ts'
import { journal } from '../../support/journal.ts'
import { stackValue } from '../../support/read-inputs.ts'
import {
  container,
  containersOfRelease,
  emptyHost,
  entry,
  hostWith,
  readyHost,
  shopModel,
  shopRelease,
  switchable,
} from '../../support/stack.ts'

const inputs: ToPrepare = { ...stackValue, phase: 'prepare', deploy: { ...deployValue, approvers: ['alice'] } }
const job = () => new FakeJob({ context: { sha: '1'.repeat(40) } })
const one = shopRelease('v1', '1')
const STALE = journal('began-agent a\nended undone stale-plan')
const PREPARED = journal('began-agent a\nstate open\nstate prepared\nwaiting prepared 300 0')

/** A host that is found in one state after the other, and answers to each opening in its turn. */
class Host extends FakeRemote {
  readonly #looks: Iterator<Observation>

  constructor(found: readonly Observation[], openings: readonly string[]) {
    super()
    this.#looks = found.values()
    const answers = openings.values()
    this.answer(/setsid sh/, () => ({ stdout: answers.next().value ?? '' }))
  }

  look(): Promise<Observation> {
    return Promise.resolve((this.#looks.next().value as Observation | undefined) ?? emptyHost)
  }
}

const host = (found: readonly Observation[], openings: readonly string[]) => new Host(found, openings)

async function run(remote: Host, on = job(), model: ComposeModel = shopModel('2'), change = {}) {
  const opened: string[] = []
  const course: Course = {
    following: { connect: () => Promise.resolve(remote) },
    opened: (token) => void opened.push(token),
    look: () => remote.look(),
  }
  const asked = { ...inputs, deploy: { ...inputs.deploy, ...change } }
  const outputs = await prepareModel(asked, on, model, course)
  const openings = remote.transcript.filter((line) => line.includes('setsid sh')).length
  return { outputs, opened, openings, lines: on.lines }
}

describe('another transaction came between the plan and the lock', () => {
  const before = hostWith(one)
  const other = shopRelease('v1.5', '3')
  const after = { ...hostWith(one, other), ledger: [entry('v1', ''), entry('v1.5', 'v1')] }

  test('planned again on what is there now, and what differs is shown', async () => {
    const { outputs, opened, lines } = await run(host([before, after], [STALE, PREPARED]))
    expect(outputs).toMatchObject({ state: 'prepared', changed: 'true', transaction: opened[1] })
    expect(opened).toHaveLength(2)
    const from = lines.indexOf('Planned again: another transaction changed the stack after this one was planned.')
    expect(lines.slice(from, from + 4)).toEqual([
      'Planned again: another transaction changed the stack after this one was planned.',
      'In between: deploy of v1.5 by octocat, committed at 2026-11-21T23:30:00Z ().',
      'What differs from the plan before:',
      '-      $ note_served shop-db-1 shop-api-1 shop-worker-1 shop-worker-2 shop-nginx-1 && point_current releases/v1/plain-guard',
    ])
  })

  test('three times at most', async () => {
    const remote = host([before, after, before, after], [STALE, STALE, STALE, STALE])
    await expect(run(remote)).rejects.toThrow('another transaction changed the stack after this one was planned')
    expect(remote.transcript.filter((line) => line.includes('setsid sh'))).toHaveLength(3)
  })

  test('when it did all that this one would have done, there is nothing to do', async () => {
    const remote = host([before, hostWith(one, shopRelease('v2-other', '2'))], [STALE])
    const { outputs } = await run(remote)
    expect(outputs).toMatchObject({ state: 'unchanged', changed: 'false', release: 'v2-other', transaction: '' })
  })
})

describe('two stacks come to a host at once, and the other one got the addresses', () => {
  const failed = (step: string, code: number) =>
    journal(`
      began prepare ${step}
      # have the networks of both slots
      did prepare ${step} ${code}
      > Error response from daemon
      > another network has got 10.213.0.0/24 since this was planned
      undoing prepare-${step}
      ended undone prepare-${step}`)
  const taken = { ...emptyHost, networks: [{ name: 'blog_slot-a', subnets: ['10.213.0.0/24'] }] }
  const model = shopModel('2', switchable)

  test('planned again, with others', async () => {
    const { outputs, opened, lines } = await run(host([emptyHost, taken], [failed('02', 75), PREPARED]), job(), model)
    expect(outputs).toMatchObject({ state: 'prepared', transaction: opened[1] })
    const from = lines.findIndex((line) => line.startsWith('Planned again: '))
    expect(lines.slice(from).filter((line) => /^Planned|^[-+] +\$/.test(line))).toEqual([
      'Planned again: have the networks of both slots: another network has got 10.213.0.0/24 since this was planned.',
      '-      $ make_slots 10.213.0.0/24 10.213.1.0/24',
      '+      $ make_slots 10.213.1.0/24 10.213.2.0/24',
    ])
  })

  test('three times at most, and any other failure is one', async () => {
    const always = host(Array(3).fill(emptyHost), Array(4).fill(failed('02', 75)))
    await expect(run(always, job(), model)).rejects.toThrow('another network has got 10.213.0.0/24')
    expect(always.transcript.filter((line) => line.includes('setsid sh'))).toHaveLength(3)
    const once = host([emptyHost, taken], [failed('02', 1), PREPARED])
    await expect(run(once, job(), model)).rejects.toThrow('have the networks of both slots: failed (exit code 1)')
  })
})

test('a deploy in one step goes on to the trial with the same command', async () => {
  const remote = host([hostWith(one)], [`${PREPARED}${journal('state trial\nwaiting trial 300 1', 5)}`])
  const course: Course = {
    following: { connect: () => Promise.resolve(remote) },
    opened: () => undefined,
    look: () => remote.look(),
  }
  const outputs = await prepareModel(inputs, job(), shopModel('2'), course, { goal: 'trial' })
  expect(outputs).toMatchObject({ state: 'trial', changed: 'true' })
  expect(remote.transcript).toHaveLength(1)
})

test('what was seen ahead is planned on, and looked at anew only when it went stale', async () => {
  const remote = host([hostWith(one, shopRelease('v1.5', '3'))], [STALE, PREPARED])
  const course: Course = {
    following: { connect: () => Promise.reject(new Error('there is a connection already')) },
    opened: () => undefined,
    look: () => remote.look(),
  }
  const ahead = { remote: Promise.resolve(remote), seen: Promise.resolve(hostWith(one)) }
  const on = job()
  expect(await prepareModel(inputs, on, shopModel('2'), course, { ahead })).toMatchObject({ state: 'prepared' })
  expect(on.lines).toContain('Planned again: another transaction changed the stack after this one was planned.')
})

describe('nothing changed', () => {
  test('ends after the plan, without a transaction, and names the live release', async () => {
    const { outputs, opened, openings, lines } = await run(host([hostWith(one)], []), job(), shopModel('1'))
    expect(outputs).toEqual({ state: 'unchanged', changed: 'false', release: 'v1', transaction: '' })
    expect([opened, openings]).toEqual([[], 0])
    expect(lines.join('\n')).toContain('notice: Nothing changed: v1 is live already and has all of this.')
  })

  test('also where a release that was taken back has left something: it stays until something changes', async () => {
    const kept = [container('api', { status: 'exited', restart: 'no' })]
    const { outputs } = await run(host([{ ...hostWith(one), kept }], []), job(), shopModel('1'))
    expect(outputs).toMatchObject({ state: 'unchanged', release: 'v1' })
  })

  test.each<[what: string, found: Observation]>([
    ['somebody else has something open', { ...hostWith(one), open: { tx: 't-1', by: '{}' } }],
    [
      'the last transaction got stuck',
      { ...hostWith(one), ledger: [entry('v1', ''), entry('v2', 'v1', { result: 'stuck' })] },
    ],
    [
      'what runs is not what is live',
      { ...hostWith(one, shopRelease('v2', '2')), containers: containersOfRelease(one) },
    ],
    ['a container is missing', { ...hostWith(one), containers: [container('db', { image: 'postgres:15' })] }],
  ])('but %s: a transaction', async (_, found) => {
    const { outputs } = await run(host([found], [PREPARED]), job(), shopModel('1'))
    expect(outputs).toMatchObject({ state: 'prepared', changed: 'true' })
  })
})

test('nothing changed, but a store was recreated by hand: a transaction that has it join the slots', async () => {
  const found = hostWith(shopRelease('v1', '1', switchable))
  const alone = found.containers.map((each) => (each.image === 'postgres:15' ? { ...each, networks: ['x'] } : each))
  const { outputs, lines } = await run(
    host([{ ...found, containers: alone }], [PREPARED]),
    job(),
    shopModel('1', switchable),
  )
  expect(outputs).toMatchObject({ state: 'prepared', changed: 'true' })
  expect(lines).toContain('     $ join_slots db')
  const inBoth = await run(host([found], []), job(), shopModel('1', switchable))
  expect(inBoth.outputs).toMatchObject({ state: 'unchanged', release: 'v1' })
})

test('a dry run touches nothing', async () => {
  const { outputs, openings } = await run(host([hostWith(one)], []), job(), shopModel('2'), { dryRun: true })
  expect(outputs).toMatchObject({ state: 'planned', changed: 'true', transaction: '' })
  expect(openings).toBe(0)
})

test('whether the commit is older can not be told: said, and deployed', async () => {
  const on = new FakeJob({ context: { sha: 'f'.repeat(40), workspace: '/nowhere' } })
  const { outputs, lines } = await run(host([hostWith(one)], [PREPARED]), on)
  expect(outputs).toMatchObject({ state: 'prepared' })
  expect(lines.find((line) => line.startsWith('warning: '))).toContain("can't be told: the clone does not hold both")
})

describe('what stands in the way', () => {
  const model = shopModel('2', { api: { container_name: 'api' } })
  const found = (change: Partial<HostFacts>) =>
    host([{ ...hostWith(one), host: { ...readyHost, ...change } }], [PREPARED])
  const told = async (change: Partial<HostFacts>) =>
    run(found(change), job(), model).then(
      () => 'nothing',
      (error: unknown) => String(error),
    )

  test('of the host and of the release is told at once', async () => {
    const message = await told({ compose: '2.17.3' })
    expect(message).toContain('- Docker Compose is 2.17.3;')
    expect(message).toContain('- services.api.container_name: the new container is made beside the old one')
    expect(await told({})).toMatch(/^UsageError: services\.api\.container_name: /)
  })

  test('of a release is not guessed where nothing is known of what runs', async () => {
    const message = await told({ engine: undefined })
    expect(message).toContain("- the Docker engine can't be reached")
    expect(message).not.toContain('container_name')
  })
})
