import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Opening } from '../../../src/agent/plan-files.ts'
import {
  foreignTransaction,
  joinTransaction,
  newNonce,
  newTransactionId,
  openTransaction,
} from '../../../src/agent/transaction.ts'
import type { Connect } from '../../../src/host/remote.ts'
import { planMigration } from '../../../src/plan/migration.ts'
import { FakeRemote } from '../../support/fake-remote.ts'
import { journal } from '../../support/journal.ts'

const id = 't-20261121T233000Z-1f2e3d'
const nonce = '0123456789abcdef'
const token = `${id}.${nonce}`

const switched = journal(
  'began switch 01\n# start the new api\ndid switch 01 0\n> started\nstate trial\nwaiting trial 300',
)
const lines = switched.split('\n')

function listen() {
  const log: string[] = []
  return { log, line: (text: string) => void log.push(text) }
}

/** The last words of each command: what the agent was told, without the program in front. */
function told(...remotes: readonly FakeRemote[]): readonly string[] {
  return remotes.flatMap(({ transcript }) =>
    transcript.map((line) => (/ sh (\/srv\/shop .*)$/.exec(line)?.[1] ?? line).replace(/\b[0-9a-f]{12}\b/, 'WORD')),
  )
}

function only(remote: FakeRemote): Connect {
  return () => Promise.resolve(remote)
}

const answering = (stdout: string, code = 0) => new FakeRemote().answer(/./, { stdout, code })
const losing = (stdout = '') => new FakeRemote().answer(/./, { stdout, lost: 'no sign of life' })
const join = (remote: FakeRemote, connect?: Connect) =>
  joinTransaction(remote, '/srv/shop', token, connect && { connect })

const opening: Opening = {
  stack: { name: 'shop', path: '/srv/shop' },
  plan: { title: 'deploy v1', services: [], phases: { prepare: [] }, notes: [] },
  releaseId: 'v1',
  nonce,
  lease: 300,
  lockTimeout: 600,
  head: 0,
  ledger: { action: 'deploy', release: 'v1', version: 'v1', commit: '', from: '', actor: 'octocat', run: '' },
  shipments: [],
}

describe('names', () => {
  test('of a transaction sort by time', () => {
    expect(newTransactionId(new Date('2026-11-21T23:30:00.123Z'))).toMatch(/^t-20261121T233000Z-[0-9a-f]{6}$/)
  })

  test('what is handed on is what can be taken up', () => {
    const handed = `${newTransactionId(new Date())}.${newNonce()}`
    expect(joinTransaction(new FakeRemote(), '/srv/shop', handed).token).toBe(handed)
  })

  test.each(['', 'x', id, `${id}.`, `../${token}`, `${token}\n`, `${id}.'; rm -rf /`])('%j is no token', (text) => {
    expect(() => joinTransaction(new FakeRemote(), '/srv/shop', text)).toThrow(`transaction: "${text}" is none; give`)
  })
})

describe('opening', () => {
  test('one command that brings everything, followed until the agent waits', async () => {
    const remote = answering(journal('state open\nstate prepared\nwaiting prepared 300'))
    const { transaction, progress } = await openTransaction(remote, id, opening, listen())
    expect(progress).toEqual({ kind: 'waiting', state: 'prepared', lease: 300 })
    expect(transaction.token).toBe(token)
    expect(told(remote)).toEqual([expect.stringMatching(`^/srv/shop ${id} [0-9a-f]{64} agent-[0-9a-f]{16}$`)])
    const tar = gunzipSync(remote.calls[0]?.stdin ?? '').toString()
    expect(tar).toContain('plan/lease')
    // Neither the nonce nor anything of the plan is seen by other users of the host.
    expect(remote.transcript[0]).not.toContain(nonce)
  })

  test('after a lost connection it is never opened twice, but followed', async () => {
    const second = answering(journal('state prepared\nwaiting prepared 300'))
    const { progress } = await openTransaction(losing(), id, opening, listen(), { connect: only(second) })
    expect(progress).toMatchObject({ kind: 'waiting', state: 'prepared' })
    expect(told(second)).toEqual([`/srv/shop ${id} follow 1 0`])
  })

  test('one that goes on is followed beyond its first word, also on a new connection', async () => {
    const first = losing(journal('state prepared\nwaiting prepared 300 0'))
    const second = answering('3 1763766000 100 state trial\n4 1763766000 100 waiting trial 300 1')
    const goesOn: Opening = { ...opening, goesOn: 'advance switch' }
    const { progress } = await openTransaction(first, id, goesOn, listen(), { connect: only(second) })
    expect(progress).toMatchObject({ kind: 'waiting', state: 'trial' })
    expect(told(second)).toEqual([`/srv/shop ${id} follow 3 1`])
  })

  test.each([
    [7, 'the package was damaged on its way', 'run the job again'],
    [8, 'the package could not be written: is the disk full?', 'make space on the disk'],
  ])('a package that ends with exit code %i is no transaction', async (code, stderr, next) => {
    const remote = new FakeRemote().answer(/./, { code, stderr: `${stderr}\n` })
    await expect(openTransaction(remote, id, opening, listen())).rejects.toMatchObject({
      message: expect.stringMatching(
        new RegExp(`${stderr.replace('?', '\\?')}[^]*nothing of it was begun[^]*${next}`),
      ) as string,
    })
  })

  test('one that never arrived is said to be none', async () => {
    const second = new FakeRemote().answer(/./, { code: 6, stderr: `there is no transaction ${id} in /srv/shop\n` })
    await expect(openTransaction(losing(), id, opening, listen(), { connect: only(second) })).rejects
      .toThrowErrorMatchingInlineSnapshot(`
      [StepError: talk to the agent on deploy@shop.example.com: there is no transaction t-20261121T233000Z-1f2e3d in /srv/shop
      State: nothing was changed; should it begin after all, the server goes back by itself
      Next: run the job again; if a step before opened it, give this one the same \`host\` and \`path\`]
    `)
  })
})

describe('the words of the owner', () => {
  const cases: readonly [string, (remote: FakeRemote) => Promise<unknown>][] = [
    ['advance switch', (remote) => join(remote).advance('switch', listen())],
    ['confirm checked', (remote) => join(remote).confirm('checked', listen())],
    ['abort aborted', (remote) => join(remote).abort('aborted', listen())],
    ['report checks good', (remote) => join(remote).report('checks', 'good')],
    ['renew 60', (remote) => join(remote).renew(60)],
  ]

  test.each(cases)('%s', async (words, say) => {
    const remote = answering(switched)
    await say(remote)
    expect(told(remote)).toEqual([`/srv/shop ${id} say ${nonce} WORD 0 ${words}`])
  })

  test('a visitor has no nonce', async () => {
    const remote = answering(journal('undoing aborted\nended undone aborted'))
    const progress = await foreignTransaction(remote, '/srv/shop', id).abort('aborted', listen())
    expect(progress).toMatchObject({ kind: 'ended', result: 'undone' })
    expect(told(remote)).toEqual([`/srv/shop ${id} say none WORD 0 abort aborted`])
  })

  test('a migration brings its steps with it', async () => {
    const request = { service: 'api', command: ['migrate'], database: undefined, oldCodeCanRun: false, deadline: 60 }
    const remote = answering(journal('state migrated\nwaiting migrated 300'))
    const progress = await join(remote).migrate(planMigration(request), listen())
    expect(progress).toMatchObject({ kind: 'waiting', state: 'migrated' })
    expect(gunzipSync(remote.calls[0]?.stdin ?? '').toString()).toContain('run_once api migrate')
  })
})

describe('a lost connection', () => {
  test('is taken up at the record after the last one, and nothing is told twice', async () => {
    const second = answering(lines.slice(3).join('\n'))
    const tell = listen()
    const progress = await join(losing(`${lines.slice(0, 2).join('\n')}\n`), only(second)).advance('switch', tell)
    expect(progress).toEqual({ kind: 'waiting', state: 'trial', lease: 300 })
    expect(told(second)).toEqual([`/srv/shop ${id} say ${nonce} WORD 2 advance switch`])
    expect(tell.log).toEqual(['  started', 'state: trial'])
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

describe('an honest error', () => {
  test('when the agent says nothing that can be understood', async () => {
    const remote = new FakeRemote().answer(/./, { code: 127, stderr: 'sh: setsid: not found\n' })
    await expect(join(remote).advance('switch', listen())).rejects.toThrowErrorMatchingInlineSnapshot(`
      [StepError: talk to the agent on deploy@shop.example.com: it did not say where the transaction stands (exit code 127)
          sh: setsid: not found
      State: unknown for the transaction t-20261121T233000Z-1f2e3d; unless it was confirmed, the server goes back by itself
      Next: see /srv/shop/transactions/t-20261121T233000Z-1f2e3d/journal on the host]
    `)
  })

  test('when a verdict comes too late', async () => {
    const remote = answering(journal('ended undone lease-expired', 9))
    await expect(join(remote).report('checks', 'good')).rejects.toThrowErrorMatchingInlineSnapshot(`
      [StepError: report checks as good on deploy@shop.example.com: the transaction has ended already: undone, nobody confirmed it in time
      Next: see the log of the step that deployed]
    `)
  })

  test('when a lease is refused', async () => {
    await expect(join(answering('refused not-owner\n', 3)).renew(60)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[StepError: renew the lease for 60 s on deploy@shop.example.com: the server refused it: the transaction belongs to another job]`,
    )
  })
})
