import { describe, expect, test } from 'vitest'
import { unlessCancelled } from '../../../src/agent/cancelled.ts'
import { describeStanding, parseStanding } from '../../../src/agent/standing.ts'
import { FakeRemote } from '../../support/fake-remote.ts'

test.each([
  [
    'waiting trial 300 240',
    't-1 is on trial, not confirmed; in 240 s (its lease is 300 s) the server goes back by itself',
  ],
  [
    'waiting prepared 300 -3',
    't-1 is prepared, not confirmed; in 0 s (its lease is 300 s) the server goes back by itself',
  ],
  ['busy open 300', 't-1 is open and at work; then the server waits 300 s for a word, and goes back by itself'],
  ['ended committed ', 'committed: its release is the live one'],
  ['ended undone lease-expired', 'undone: the release before serves'],
  ['ended stuck switch-04', 'stuck: what runs now goes on running, and a human must look at it'],
  ['sh: not found', 'the server could not be asked about t-1; unless it was confirmed, it goes back by itself'],
])('%s: %s', (line, state) => {
  expect(describeStanding('t-1', parseStanding(line))).toBe(state)
})

describe('a cancelled step', () => {
  const held = (remote: FakeRemote) => () => ({
    transaction: 't-1.0123456789abcdef',
    path: '/srv/shop',
    connect: () => Promise.resolve(remote),
  })
  const fail = () => Promise.reject(new Error('the connection is gone'))
  const message = (signal: AbortSignal, of: Parameters<typeof unlessCancelled>[1]) =>
    unlessCancelled(signal, of, fail).catch((error: unknown) => (error instanceof Error ? error.message : ''))

  test('says where the transaction stands, and how to end it by hand', async () => {
    const remote = new FakeRemote().answer(/./, { stdout: 'waiting trial 300 240\n' })
    expect((await message(AbortSignal.abort(), held(remote))).replace(/agent-[0-9a-f]{16}/, 'agent-HASH'))
      .toMatchInlineSnapshot(`
      "follow the transaction on deploy@shop.example.com: the job was cancelled
      State: t-1 is on trial, not confirmed; in 240 s (its lease is 300 s) the server goes back by itself
      Next: the post step of the action that opened it takes it back now; by hand, on the host: sh /srv/shop/agent-HASH say /srv/shop t-1 none abort"
    `)
    expect(remote.disposed).toBe(true)
  })

  test('says nothing of what to do where it has ended', async () => {
    const remote = new FakeRemote().answer(/./, { stdout: 'ended committed \n' })
    expect(await message(AbortSignal.abort(), held(remote))).toMatchInlineSnapshot(`
      "follow the transaction on deploy@shop.example.com: the job was cancelled
      State: committed: its release is the live one"
    `)
  })

  test('says that it was not begun, or that the server could not be asked', async () => {
    const none = new FakeRemote().answer(/./, { code: 6, stderr: 'there is no transaction' })
    expect(await message(AbortSignal.abort(), held(none))).toContain('State: t-1 was not begun; nothing was changed')
    const lost = new FakeRemote().answer(/./, { lost: 'no route' })
    expect(await message(AbortSignal.abort(), held(lost))).toContain('State: the server could not be asked about t-1')
    expect(await message(AbortSignal.abort(), () => undefined)).toContain('State: this step had nothing open')
  })

  test('waits for a silent server only so long', async () => {
    const remote = new FakeRemote().answer(/./, { hangs: true })
    const from = performance.now()
    expect(await message(AbortSignal.abort(), held(remote))).toContain('could not be asked')
    expect(performance.now() - from).toBeLessThan(7000)
  })

  test('that was not cancelled fails as it does', async () => {
    expect(await message(new AbortController().signal, held(new FakeRemote()))).toBe('the connection is gone')
  })
})
