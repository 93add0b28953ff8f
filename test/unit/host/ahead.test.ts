import { expect, test } from 'vitest'
import { script } from '../../../src/command/command.ts'
import { RemoteAhead } from '../../../src/host/ahead.ts'
import { FakeRemote } from '../../support/fake-remote.ts'

test('a job that was cancelled before the input came brings none', async () => {
  const fake = new FakeRemote().answer(/./)
  const remote = new RemoteAhead(fake)
  remote.start(script('cat'))
  const cancelled = AbortSignal.abort(new Error('the job was cancelled'))
  await expect(remote.run({ ...script('cat'), stdin: 'all of it' }, { signal: cancelled })).rejects.toThrow('cancelled')
  await remote[Symbol.asyncDispose]()
  expect(fake.calls).toEqual([])
})
