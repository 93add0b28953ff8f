import { expect, test } from 'vitest'
import { abortUnconfirmed } from '../../../src/agent/unconfirmed.ts'
import { FakeJob } from '../../support/fake-job.ts'
import { FakeRemote } from '../../support/fake-remote.ts'
import { journal } from '../../support/journal.ts'
import { stackValue } from '../../support/read-inputs.ts'

const transaction = 't-20261121T233000Z-1f2e3d.0123456789abcdef'
const UNDONE = journal('undoing not-confirmed-by-the-job\nended undone not-confirmed-by-the-job', 9)

async function post(remote: FakeRemote, state: Readonly<Record<string, string>> = { transaction }) {
  const job = new FakeJob({ state })
  await abortUnconfirmed(stackValue, job, () => Promise.resolve(remote))
  return job.lines.slice(1, -1)
}

test('what nobody confirmed is taken back', async () => {
  const remote = new FakeRemote()
    .answer(/NR|waiting/, { stdout: 'waiting trial 300 200\n' })
    .answer(/ say /, { stdout: UNDONE })
  expect(await post(remote)).toContain('Undone: the release before serves (its job ended without confirming it).')
  expect(remote.transcript.join('\n')).not.toMatch(/ confirm (un)?checked/)
})

test('what was confirmed stays', async () => {
  const remote = new FakeRemote()
    .answer(/NR|waiting/, { stdout: 'ended committed \n' })
    .answer(/ say /, { stdout: journal('ended committed', 12) })
  expect(await post(remote)).toEqual(['The release is confirmed; there is nothing to take back.'])
})

test('an opening that was cut off may only now become one', async () => {
  const standings = ['', 'busy open 300\n'].values()
  const remote = new FakeRemote()
    .answer(/NR|waiting/, () => {
      const stdout = standings.next().value ?? ''
      return { stdout, code: stdout === '' ? 6 : 0 }
    })
    .answer(/ say /, { stdout: UNDONE })
  expect((await post(remote)).at(-1)).toContain('Undone')
})

test('one that never began is said to be that', async () => {
  const remote = new FakeRemote().answer(/./, { code: 6 })
  expect(await post(remote)).toEqual(['The transaction was never begun; nothing was changed.'])
  expect(remote.transcript).toHaveLength(3)
})

test('an agent that is only starting is told again', async () => {
  const answers = [journal('state open\nwaiting prepared 300 0'), UNDONE].values()
  const remote = new FakeRemote()
    .answer(/NR|waiting/, { stdout: 'busy open 300\n' })
    .answer(/ say /, () => ({ stdout: answers.next().value ?? '' }))
  expect((await post(remote)).at(-1)).toContain('Undone')
})

test('a step that opened nothing has nothing to look at', async () => {
  expect(await post(new FakeRemote(), {})).toEqual([])
})
