import { expect, test } from 'vitest'
import { type ConnectAttempt, explainConnectFailure } from '../../../src/host/connect-failure.ts'

const attempt: ConnectAttempt = {
  host: { user: 'deploy', name: 'shop.example.com', port: 2222 },
  input: 'host',
  pins: { keys: [{ type: 'ssh-ed25519', blob: Buffer.from('pinned') }], revoked: [] },
  connected: true,
  userKey: 'SHA256:user',
}

/** An error as ssh2 or the system makes it. */
function failed(message: string, { code, level }: { code?: string; level?: string } = {}): Error {
  return Object.assign(new Error(message), { code, level })
}

function explain(cause: unknown, changes: Partial<ConnectAttempt> = {}): string {
  return explainConnectFailure(cause, { ...attempt, ...changes }).message
}

test.each([
  ['ECONNREFUSED', 'nothing listens on that port'],
  ['ENOTFOUND', 'the name can not be resolved'],
  ['EAI_AGAIN', 'the name can not be resolved'],
  ['EHOSTUNREACH', 'the address can not be reached'],
  ['ENETUNREACH', 'the address can not be reached'],
  ['ETIMEDOUT', 'the address can not be reached'],
  ['ECONNRESET', 'the connection ended before the login was done'],
])('%s means that %s', (code, why) => {
  expect(
    explain(failed('the system said so', { code, level: 'client-socket' }), { connected: code === 'ECONNRESET' }),
  ).toContain(
    `connect on deploy@shop.example.com:2222: ${why} (the system said so)\nState: nothing was run on the host\nNext: `,
  )
})

test('all addresses of a name refused', () => {
  const cause = new AggregateError([failed('connect ECONNREFUSED ::1:22', { code: 'ECONNREFUSED' }), failed('other')])
  expect(explain(cause, { connected: false })).toContain('nothing listens on that port (connect ECONNREFUSED ::1:22)')
})

test('a time-out before and after the network let us in', () => {
  const cause = failed('Timed out while waiting for handshake', { level: 'client-timeout' })
  expect(explain(cause, { connected: false })).toMatchInlineSnapshot(`
    "connect on deploy@shop.example.com:2222: the address can not be reached (Timed out while waiting for handshake)
    State: nothing was run on the host
    Next: see that the host is up, and that its firewall lets this runner in on that port"
  `)
  expect(explain(cause)).toMatchInlineSnapshot(`
    "connect on deploy@shop.example.com:2222: the connection ended before the login was done (Timed out while waiting for handshake)
    State: nothing was run on the host
    Next: see that the port in the input host is that of sshd; a busy or wary sshd does this too (MaxStartups, PerSourcePenalties, fail2ban): its log says why, and a later try may pass"
  `)
})

test('no algorithm in common', () => {
  expect(explain(failed('no matching host key format', { level: 'handshake' }))).toMatchInlineSnapshot(`
    "connect on deploy@shop.example.com:2222: no common algorithms (no matching host key format)
    State: nothing was run on the host
    Next: known-hosts pins ssh-ed25519 for this host, and only that is accepted; if the server has keys of other types, add their lines (\`ssh-keyscan -p 2222 shop.example.com\`, and compare the fingerprints on the server)"
  `)
})

test('another host key goes before whatever else failed', () => {
  const shown = { type: 'ssh-rsa', blob: Buffer.from('shown') }
  expect(explain(failed('x', { code: 'ECONNRESET' }), { shown, accepts: ['publickey'] })).toMatchInlineSnapshot(`
    "check the host key on deploy@shop.example.com:2222: the server shows another key than known-hosts pins; either it was reinstalled, or this is not the server
        shown:  SHA256:uq9TYipR2XUjXydih73BtkqkZAx3FCy8oHaHfZ6saBU (ssh-rsa)
    State: nothing was sent to the host, neither login nor command
    Next: on the server itself run \`for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done\`. Only if that prints the shown fingerprint, pin the key in the input known-hosts with this line:
        [shop.example.com]:2222 ssh-rsa c2hvd24="
  `)
  const pinned = { type: 'ssh-ed25519', blob: Buffer.from('pinned') }
  expect(explain(failed('reset', { code: 'ECONNRESET' }), { shown: pinned })).toContain(
    'ended before the login was done',
  )
})

test('a refused login', () => {
  expect(explain(failed('x'), { accepts: ['password', 'publickey'] })).toMatchInlineSnapshot(`
    "log in on deploy@shop.example.com:2222: the server does not accept the key SHA256:user for deploy
    State: nothing was run on the host
    Next: add the key's public half to ~deploy/.ssh/authorized_keys there, and see that deploy may log in and owns that file"
  `)
  expect(explain(failed('x'), { accepts: [] })).toContain('the server does not accept keys, but nothing at all')
})

test('what is no error at all', () => {
  expect(explain('odd')).toContain('(odd)')
})
