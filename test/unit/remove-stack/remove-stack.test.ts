import { expect, test } from 'vitest'
import type { Inputs } from '../../../actions/remove-stack/inputs.ts'
import { remove } from '../../../actions/remove-stack/remove-stack.ts'
import type { Observation } from '../../../src/stack/observation.ts'
import { FakeJob } from '../../support/fake-job.ts'
import { FakeRemote } from '../../support/fake-remote.ts'
import { journal } from '../../support/journal.ts'
import { stackValue } from '../../support/read-inputs.ts'
import { emptyHost, entry, hostWith, shopRelease } from '../../support/stack.ts'

const inputs: Inputs = { ...stackValue, stack: { name: 'shop', path: '/srv/shop' }, lockTimeout: 10, dryRun: false }
const [one, two] = [shopRelease('v1', '1'), shopRelease('v2', '2')] as const
const live = hostWith(one)
const gone: Observation = { ...emptyHost, ledger: [entry('v1', '', { action: 'removal' })], ledgerLength: 1 }
const STALE = journal('ended undone stale-plan')
const TRIAL = journal('state trial\nwaiting trial 120 1')
const COMMITTED = journal('committed\nended committed', 5)

async function run(
  found: readonly Observation[],
  openings: readonly string[] = [TRIAL],
  { end = COMMITTED, ...change }: Partial<Inputs> & { readonly end?: string } = {},
) {
  const [looks, answers] = [found.values(), openings.values()]
  const remote = new FakeRemote()
    .answer(/setsid sh/, () => ({ stdout: answers.next().value ?? '' }))
    .answer(/ say .*confirm/, { stdout: end })
  const job = new FakeJob()
  const opened: string[] = []
  const course = {
    reach: () => Promise.resolve(remote),
    opened: (token: string) => void opened.push(token),
    look: () => Promise.resolve(looks.next().value ?? gone),
  }
  const outcome = await remove({ ...inputs, ...change }, job, remote, course).catch((error: unknown) => error)
  return { outcome: outcome instanceof Error ? String(outcome) : outcome, opened, lines: job.lines }
}

test('removes it, and says what is left', async () => {
  const { outcome, opened, lines } = await run([live])
  expect(outcome).toEqual({ changed: 'true', state: 'removed' })
  expect(opened).toHaveLength(1)
  expect(lines).toContain('  $ rm -r /srv/shop')
})

test('a dry run opens nothing', async () => {
  const { outcome, opened, lines } = await run([live], [], { dryRun: true })
  expect(outcome).toEqual({ changed: 'false', state: 'planned' })
  expect(opened).toEqual([])
  expect(lines).toContain('remove shop from deploy@shop.example.com')
})

test('has nothing to do a second time', async () => {
  const { outcome, opened, lines } = await run([gone])
  expect(outcome).toEqual({ changed: 'false', state: 'removed' })
  expect(opened).toEqual([])
  expect(lines).toContain('notice: Nothing to remove: what deploys made of shop is gone from deploy@shop.example.com.')
})

test('takes a folder that nothing was ever deployed to for a mistake', async () => {
  expect((await run([emptyHost])).outcome).toMatchInlineSnapshot(
    `"UsageError: path: nothing was ever deployed to /srv/shop on deploy@shop.example.com, and no container of shop there comes from a deploy; write \`path\` and \`stack\` as the deploy has them"`,
  )
})

test('does not remove a stack that is only coming to be', async () => {
  const open = { tx: 't-1', by: 'a deploy' }
  expect((await run([{ ...gone, open }])).outcome).toMatchInlineSnapshot(`
    "StepError: remove shop on deploy@shop.example.com: t-1 is open: a deploy
    State: nothing was removed
    Next: run the job again when that has ended"
  `)
})

test('what came between is planned anew, and shown', async () => {
  const later = { ...hostWith(one, two) }
  const { outcome, opened, lines } = await run([live, later], [STALE, TRIAL])
  expect(outcome).toEqual({ changed: 'true', state: 'removed' })
  expect(opened).toHaveLength(2)
  expect(lines).toContain('In between: deploy of v2 by octocat, committed at 2026-11-21T23:30:00Z ().')
})

test('three times at most', async () => {
  const { outcome, opened } = await run(Array(4).fill(live), Array(4).fill(STALE))
  expect(outcome).toContain('3 times another transaction changed the stack')
  expect(opened).toHaveLength(3)
})

test('who holds the stack is told', async () => {
  const { outcome } = await run([live], [journal('blocked t-1\nended undone lock-timeout')])
  expect(outcome).toContain('another transaction held the stack for too long')
  expect(outcome).toContain('State: nothing was changed')
})

test('what could not be removed makes it red', async () => {
  const { outcome } = await run([live], [TRIAL], { end: journal('committed\nended committed unfinished:02', 5) })
  expect(outcome).toMatchInlineSnapshot(`
    "StepError: remove shop on deploy@shop.example.com: not all of it could be removed (unfinished:02)
    State: removed but for that; what the steps that failed were to remove is still there
    Next: see above what they said, and run the job again"
  `)
})
