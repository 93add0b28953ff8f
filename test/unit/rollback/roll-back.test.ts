import { expect, test } from 'vitest'
import type { ToRelease } from '../../../actions/rollback/plan.ts'
import { toRelease } from '../../../actions/rollback/roll-back.ts'
import type { Observation } from '../../../src/stack/observation.ts'
import { FakeJob } from '../../support/fake-job.ts'
import { FakeRemote } from '../../support/fake-remote.ts'
import { journal } from '../../support/journal.ts'
import { stackValue } from '../../support/read-inputs.ts'
import { entry, hostWith, shopRelease } from '../../support/stack.ts'

const inputs: ToRelease = {
  ...stackValue,
  mode: 'release',
  stack: { name: 'shop', path: '/srv/shop' },
  to: undefined,
  healthyWithin: 60,
  lockTimeout: 600,
  jobTimeout: undefined,
  keep: 5,
  drain: 30,
  dryRun: false,
  oldCodeCanRun: false,
}
const [one, two, three] = [shopRelease('v1', '1'), shopRelease('v2', '2'), shopRelease('v3', '3')] as const
const STALE = journal('ended undone stale-plan')
const PREPARED = journal('state prepared\nwaiting prepared 120 0')
const TRIAL = journal('state trial\nwaiting trial 120 1', 5)
const COMMITTED = journal('committed\nended committed', 9)
const migrated = [entry('v1', ''), entry('v2', 'v1', { migration: 'unknown', run: 'https://run/2' })]

async function run(found: readonly Observation[], openings: readonly string[], change: Partial<ToRelease> = {}) {
  const [looks, answers] = [found.values(), openings.values()]
  const remote = new FakeRemote()
    .answer(/setsid sh/, () => ({ stdout: answers.next().value ?? '' }))
    .answer(/ say .*advance switch/, { stdout: TRIAL })
    .answer(/ say .*confirm/, { stdout: COMMITTED })
  const job = new FakeJob()
  const opened: string[] = []
  const course = {
    reach: () => Promise.resolve(remote),
    opened: (token: string) => void opened.push(token),
    look: () => Promise.resolve(looks.next().value ?? hostWith(one)),
  }
  const outcome = await toRelease({ ...inputs, ...change }, job, remote, course).catch((error: unknown) => error)
  const count = remote.transcript.filter((line) => line.includes('setsid sh')).length
  return { outcome, opened, lines: job.lines, openings: count }
}

test('a transaction that came between: planned again, to the same release', async () => {
  const failed = {
    ...hostWith(one, two),
    ledger: [...hostWith(one, two).ledger, entry('v3', 'v2', { result: 'undone' })],
  }
  const { outcome, lines, openings } = await run([hostWith(one, two), failed], [STALE, PREPARED])
  expect(outcome).toEqual({ release: 'v1', changed: 'true', state: 'committed' })
  expect(openings).toBe(2)
  expect(lines).toContain('In between: deploy of v3 by octocat, undone at 2026-11-21T23:30:00Z ().')
})

test('another release became live: without a name it would lead elsewhere, so it stops', async () => {
  const { outcome, openings } = await run([hostWith(one, two), hostWith(one, two, three)], [STALE, PREPARED])
  expect(String(outcome)).toMatchInlineSnapshot(`
    "StepError: roll back to v1 on deploy@shop.example.com: meanwhile v3 became the live one, so that it would lead to v2
    State: nothing was changed
    Next: look at what is live now; to go back all the same, name the release with \`to\`, such as v1"
  `)
  expect(openings).toBe(1)
})

test('with a name it goes there, whatever became live', async () => {
  const { outcome } = await run([hostWith(one, two), hostWith(one, two, three)], [STALE, PREPARED], { to: 'v1' })
  expect(outcome).toMatchObject({ release: 'v1', state: 'committed' })
})

test('three times at most', async () => {
  const { outcome, openings } = await run(Array(4).fill(hostWith(one, two)), Array(4).fill(STALE))
  expect(String(outcome)).toContain('3 times another transaction changed the stack')
  expect(openings).toBe(3)
})

test('over a migration only when the user says that the old code can run', async () => {
  const found = { ...hostWith(one, two), ledger: migrated }
  const { outcome, openings } = await run([found], [PREPARED])
  expect(String(outcome)).toContain('old-code-can-run: v1 is from before a migration')
  expect(openings).toBe(0)
  expect((await run([found], [PREPARED], { oldCodeCanRun: true })).outcome).toMatchObject({ state: 'committed' })
})

test('the post step can take back what was opened: its token is told before the host hears of it', async () => {
  const { opened } = await run([hostWith(one, two)], [journal('ended undone prepare-01')])
  expect(opened).toEqual([expect.stringMatching(/^t-\d{8}T\d{6}Z-[0-9a-f]{6}\.[0-9a-f]{16}$/)])
})

test('deadlines that do not fit into the job are refused before anything is opened', async () => {
  const { outcome, openings } = await run([hostWith(one, two)], [], { jobTimeout: 600 })
  expect(String(outcome)).toContain('UsageError: the deadlines add up to more than the job has')
  expect(openings).toBe(0)
})

test('a dry run leaves alone what is open', async () => {
  const found = { ...hostWith(one, two), open: { tx: 't-1', by: '{}' } }
  const { outcome, lines } = await run([found], [], { dryRun: true })
  expect(outcome).toEqual({ release: 'v1', changed: 'false', state: 'planned' })
  expect(lines).toContain('warning: t-1 is open; a rollback aborts it first, and is planned on what is found then.')
})
