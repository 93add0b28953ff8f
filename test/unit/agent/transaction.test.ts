import { createHash } from 'node:crypto'
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
import { planMigration } from '../../../src/plan/migration.ts'
import { FakeRemote } from '../../support/fake-remote.ts'
import { journal } from '../../support/journal.ts'
import { answering, id, join, listen, losing, nonce, only, switched, token, told } from '../../support/told.ts'

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
    expect(told(remote)).toEqual([expect.stringMatching(`^/srv/shop agent-[0-9a-f]{16}$`)])
    const stdin = Buffer.from(remote.calls[0]?.stdin ?? '')
    const line = stdin.indexOf('\n') + 1
    const content = stdin.subarray(line)
    expect(stdin.toString('utf8', 0, line)).toBe(`${id} ${createHash('sha256').update(content).digest('hex')}\n`)
    const tar = gunzipSync(content).toString()
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
    const goesOn: Opening = { ...opening, goesOn: ['advance switch'] }
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

describe('an honest error', () => {
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
