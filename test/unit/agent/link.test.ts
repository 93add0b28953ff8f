import { describe, expect, test } from 'vitest'
import { Link } from '../../../src/agent/link.ts'
import { command } from '../../../src/command/command.ts'
import type { Connect } from '../../../src/host/remote.ts'
import { FakeRemote } from '../../support/fake-remote.ts'

const again = () => command('again')

/** Connections that are handed out one after the other; an error stands for a failed attempt. */
function connections(...remotes: readonly (FakeRemote | Error)[]): Connect {
  const left = [...remotes]
  return () => {
    const next = left.shift() ?? new Error('no more connections')
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next)
  }
}

const lossy = () => new FakeRemote().answer(/./, { lost: 'no sign of life' })
const good = () => new FakeRemote().answer(/./, { stdout: 'done' })

test('a command that ends needs no second connection, whatever its exit code', async () => {
  const remote = new FakeRemote().answer('first', { code: 3 })
  const outcome = await new Link(remote, connections(), []).run(command('first'), again)
  expect(outcome).toMatchObject({ kind: 'exited', code: 3 })
  expect(remote.disposed).toBe(false)
})

describe('a lost connection', () => {
  test('is opened anew, and what is to be run then is asked for then', async () => {
    const second = good()
    const outcome = await new Link(lossy(), connections(second), [0]).run(command('first'), again)
    expect(outcome).toMatchObject({ kind: 'exited', stdout: 'done' })
    expect(second.transcript).toEqual(['again'])
    expect(second.disposed).toBe(true)
  })

  test('may be lost again, as often as it comes back', async () => {
    const [second, third] = [lossy(), good()]
    const link = new Link(lossy(), connections(second, new Error('refused'), third), [0, 0])
    expect(await link.run(command('first'), again)).toMatchObject({ stdout: 'done' })
    expect([second.disposed, third.disposed]).toEqual([true, true])
  })

  test('that does not come back is told with what was tried last, and with what the server does', async () => {
    const link = new Link(lossy(), connections(new Error('refused'), new Error('no route to host')), [0, 0])
    await expect(link.run(command('first'), again)).rejects.toThrowErrorMatchingInlineSnapshot(`
      [StepError: follow the transaction on deploy@shop.example.com: the connection was lost and did not come back: no route to host
      State: the server goes on alone; when nobody confirms in time it goes back to the release before
      Next: see what became of it on the host: tail -n 1 ledger.jsonl in the folder of the stack]
    `)
  })

  test('that can not be opened anew is told with why it was lost', async () => {
    await expect(new Link(lossy()).run(command('first'), again)).rejects.toThrow(
      'the connection was lost and did not come back: no sign of life',
    )
  })
})

test('the host is named as the user knows it', () => {
  expect(new Link(new FakeRemote({ user: 'deploy', name: 'web1', port: 2222 })).host).toBe('deploy@web1:2222')
})
