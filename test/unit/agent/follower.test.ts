import { describe, expect, test } from 'vitest'
import type { Connect } from '../../../src/host/remote.ts'
import { planMigration } from '../../../src/plan/migration.ts'
import { FakeRemote } from '../../support/fake-remote.ts'
import { journal } from '../../support/journal.ts'
import { answering, id, join, lines, listen, losing, nonce, only, switched, told } from '../../support/told.ts'

describe('a lost connection', () => {
  test('is taken up at the record after the last one, and nothing is told twice', async () => {
    const second = answering(lines.slice(3).join('\n'))
    const tell = listen()
    const progress = await join(losing(`${lines.slice(0, 2).join('\n')}\n`), only(second)).advance('switch', tell)
    expect(progress).toEqual({ kind: 'waiting', state: 'trial', lease: 300 })
    expect(told(second)).toEqual([`/srv/shop ${id} say ${nonce} WORD 2 advance switch`])
    expect(tell.log).toEqual(['  started', 'state: trial'])
  })

  test('behind the terminal record is no reason to connect again', async () => {
    const first = losing(`${journal('committed\nended committed')}\n`)
    const connect = (): Promise<never> => Promise.reject(new Error('the host is gone'))
    expect(await join(first, connect).confirm('checked', listen())).toMatchObject({
      kind: 'ended',
      result: 'committed',
    })
  })

  test('half a line does not count as read', async () => {
    const second = answering(switched)
    await join(losing('1 1795300003 36'), only(second)).advance('switch', listen())
    expect(told(second)).toEqual([`/srv/shop ${id} say ${nonce} WORD 0 advance switch`])
  })

  test.each<[string, (remote: FakeRemote, connect: Connect) => Promise<unknown>]>([
    ['advance switch', (remote, connect) => join(remote, connect).advance('switch', listen())],
    ['confirm checked', (remote, connect) => join(remote, connect).confirm('checked', listen())],
    ['abort aborted', (remote, connect) => join(remote, connect).abort('aborted', listen())],
    ['report checks bad', (remote, connect) => join(remote, connect).report('checks', 'bad')],
    ['renew 60', (remote, connect) => join(remote, connect).renew(60)],
  ])('%s is said again with the same id, since the agent hears it once', async (words, say) => {
    const [first, second] = [losing(), answering(switched)]
    await say(first, only(second))
    expect(told(first)).toEqual([`/srv/shop ${id} say ${nonce} WORD 0 ${words}`])
    expect(second.transcript).toEqual(first.transcript)
  })

  test('two words have two ids', async () => {
    const remote = answering(switched).answer(/./, { stdout: switched })
    await join(remote).advance('switch', listen())
    await join(remote).advance('switch', listen())
    expect(new Set(remote.transcript).size).toBe(2)
  })

  test('a migration brings its steps once more, under the same id', async () => {
    const request = { service: 'api', command: ['migrate'], database: undefined, oldCodeCanRun: false, deadline: 60 }
    const [first, second] = [losing(lines.slice(0, 2).join('\n') + '\n'), answering(lines.slice(2).join('\n'))]
    await join(first, only(second)).migrate(planMigration(request), listen())
    const word = / ([0-9a-f]{12}) 0 migrate$/.exec(first.transcript[0] ?? '')?.[1]
    expect(second.transcript[0]).toMatch(new RegExp(` ${word ?? 'none'} 2 migrate$`))
    expect(second.calls[0]?.stdin).toEqual(first.calls[0]?.stdin)
  })

  test('what was heard is followed from the record after the last one', async () => {
    const second = answering(`${lines.slice(4).join('\n')}\n${journal('ended committed', 5)}`)
    const progress = await join(losing(`${lines.slice(0, 3).join('\n')}\n`), only(second)).confirm('checked', listen())
    expect(progress).toMatchObject({ kind: 'ended', result: 'committed' })
    expect(told(second)).toEqual([`/srv/shop ${id} say ${nonce} WORD 3 confirm checked`])
  })

  test('for good is never taken for an end', async () => {
    await expect(join(losing(lines.slice(0, 3).join('\n'))).confirm('checked', listen())).rejects.toThrow(
      'the connection was lost and did not come back: no sign of life',
    )
  })
})

describe('an agent that is gone', () => {
  test('is recovered, and followed to the end that it leads to', async () => {
    const remote = new FakeRemote()
      .answer(/ say /, { stdout: `${lines.slice(0, 2).join('\n')}\ngone\n`, code: 5 })
      .answer(/ recover /, {
        stdout: journal('recovering\nundoing agent-gone\nundid switch 01 0\nended undone agent-gone', 2),
      })
    const tell = listen()
    const progress = await join(remote).advance('switch', tell)
    expect(progress).toEqual({ kind: 'ended', result: 'undone', cause: 'agent-gone' })
    expect(told(remote).at(-1)).toBe(`/srv/shop ${id} 2`)
    expect(tell.log).toEqual([
      'the agent on the host is gone; recovering',
      'going back: the agent had died',
      'taken back: start the new api',
    ])
  })

  test('is recovered on the new connection, when the one before was lost with it', async () => {
    const second = answering('gone\n', 5)
    const third = new FakeRemote().answer(/ recover /, { stdout: journal('recovering\nended committed', 3) })
    const connections = [second, third].values()
    const connect = () => Promise.resolve(connections.next().value ?? new FakeRemote())
    const progress = await join(losing(`${lines.slice(0, 2).join('\n')}\n`), connect).confirm('checked', listen())
    expect(progress).toMatchObject({ kind: 'ended', result: 'committed' })
  })

  test('and stays so is said to be gone', async () => {
    expect(await join(answering('gone\n', 5)).advance('switch', listen())).toEqual({ kind: 'gone' })
  })
})

test('an agent that says nothing that can be understood', async () => {
  const remote = new FakeRemote().answer(/./, { code: 127, stderr: 'sh: setsid: not found\n' })
  await expect(join(remote).advance('switch', listen())).rejects.toThrowErrorMatchingInlineSnapshot(`
    [StepError: talk to the agent on deploy@shop.example.com: it did not say where the transaction stands (exit code 127)
        sh: setsid: not found
    State: unknown for the transaction t-20261121T233000Z-1f2e3d; unless it was confirmed, the server goes back by itself
    Next: see /srv/shop/transactions/t-20261121T233000Z-1f2e3d/journal on the host]
  `)
})
