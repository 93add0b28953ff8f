import { joinTransaction } from '../../src/agent/transaction.ts'
import type { Connect } from '../../src/host/remote.ts'
import { FakeRemote } from './fake-remote.ts'
import { journal } from './journal.ts'

export const id = 't-20261121T233000Z-1f2e3d'
export const nonce = '0123456789abcdef'
export const token = `${id}.${nonce}`

export const switched = journal(
  'began switch 01\n# start the new api\ndid switch 01 0\n> started\nstate trial\nwaiting trial 300',
)
/** Those of `switched`. */
export const lines = switched.split('\n')

/** Keeps what is told. */
export function listen() {
  const log: string[] = []
  return { log, line: (text: string) => void log.push(text) }
}

/** The last words of each command: what the agent was told, without the program in front. */
export function told(...remotes: readonly FakeRemote[]): readonly string[] {
  return remotes.flatMap(({ transcript }) =>
    transcript.map((line) => (/ sh (\/srv\/shop .*)$/.exec(line)?.[1] ?? line).replace(/\b[0-9a-f]{12}\b/, 'WORD')),
  )
}

export function only(remote: FakeRemote): Connect {
  return () => Promise.resolve(remote)
}

export const answering = (stdout: string, code = 0) => new FakeRemote().answer(/./, { stdout, code })
export const losing = (stdout = '') => new FakeRemote().answer(/./, { stdout, lost: 'no sign of life' })
export const join = (remote: FakeRemote, connect?: Connect) =>
  joinTransaction(remote, '/srv/shop', token, connect && { connect })
