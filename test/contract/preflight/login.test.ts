import { afterAll, expect, test } from 'vitest'
import { connect } from '../../../src/host/ssh.ts'
import { checkHost } from '../../../src/preflight/check.ts'
import { observe } from '../../../src/stack/observe.ts'
import { Ground } from '../../support/preflight.ts'
import { startSshd } from '../../support/sshd/sshd.ts'

const ground = new Ground('pf-login')

afterAll(() => {
  ground[Symbol.dispose]()
})

/** Runs what was asked for. */
const OURS = `PATH=${ground.cron}:$PATH; eval "$SSH_ORIGINAL_COMMAND"`

/** What a deploy is told by a server of OpenSSH with a setting. */
async function toldBy(setting: string): Promise<string> {
  await using sshd = await startSshd([setting])
  await using remote = await connect({ host: sshd.host, privateKey: sshd.privateKey, knownHosts: sshd.knownHosts() })
  const told = await observe(remote, ground.stack).then(
    (observation) => ['ready', ...checkHost(observation, { stack: ground.stack, host: 'deploy@web1' })].join('\n'),
    (error: unknown) => String(error),
  )
  return told.replaceAll(/\S+@127\.0\.0\.1:\d+/g, 'deploy@web1').replaceAll(sshd.host.user, 'deploy')
}

test('an account that may not run anything', async () => {
  expect(await toldBy('ForceCommand /usr/sbin/nologin')).toMatchInlineSnapshot(`
    "UsageError: deploy@web1 is not ready; nothing was changed:
    - deploy can log in but not run commands: something else ran in place of ours, ended with exit code 1 and said: "This account is currently not available."; give deploy a shell (sudo usermod --shell /bin/sh deploy), and take away what forces a command on it (command="…" before its key in authorized_keys, ForceCommand in the configuration of sshd)"
  `)
})

test('a forced command', async () => {
  expect(await toldBy('ForceCommand echo backup finished')).toMatchInlineSnapshot(`
    "UsageError: deploy@web1 is not ready; nothing was changed:
    - deploy can log in but not run commands: something else ran in place of ours, ended with exit code 0 and said: "backup finished"; give deploy a shell (sudo usermod --shell /bin/sh deploy), and take away what forces a command on it (command="…" before its key in authorized_keys, ForceCommand in the configuration of sshd)"
  `)
})

test('file transfer only', async () => {
  expect(await toldBy('ForceCommand internal-sftp')).toMatchInlineSnapshot(`
    "UsageError: deploy@web1 is not ready; nothing was changed:
    - deploy can log in but not run commands: something else ran in place of ours, ended with exit code 1 and said: "This service allows sftp connections only."; give deploy a shell (sudo usermod --shell /bin/sh deploy), and take away what forces a command on it (command="…" before its key in authorized_keys, ForceCommand in the configuration of sshd)"
  `)
})

test('a greeting on stdout is told, and does no harm', async () => {
  expect(await toldBy(`ForceCommand echo "Welcome to web1"; ${OURS}`)).toMatchInlineSnapshot(`
    "ready
    the login shell of deploy prints "Welcome to web1" before it runs a command, which mixes with the answers of the host; let its start-up files (~/.bashrc, ~/.profile) print only when the shell is interactive"
  `)
})

test('a forced command that runs ours is none', async () => {
  expect(await toldBy(`ForceCommand ${OURS}`)).toBe('ready')
})

test.each(['/usr/bin/fish', '/bin/csh'])('a login shell that is no POSIX shell: %s', async (shell) => {
  // It says so of itself; whether it could run the program at all depends on what is in it.
  expect(await ground.verdict({ env: { SHELL: shell } })).toContain(
    `is ${shell}, and what is sent to it is written for a POSIX shell; run once on the host: sudo usermod --shell /bin/sh`,
  )
})
