import { expect, test } from 'vitest'
import { observe } from '../../../src/stack/observe.ts'
import { FakeRemote } from '../../support/fake-remote.ts'

const stack = { name: 'shop', path: '/srv/shop' }

test('one command, with the folder and the name of the stack', async () => {
  const remote = new FakeRemote().answer(/./, { stdout: 'observation\t1\nuser\tdeploy\nobserved\t1\n' })
  expect((await observe(remote, stack)).host.user).toBe('deploy')
  expect(remote.transcript).toHaveLength(1)
  expect(remote.transcript[0]).toMatch(/ sh \/srv\/shop shop$/)
})

const refused = { code: 1, stderr: 'This account is currently not available.\n' }

test('an account that may run nothing', async () => {
  const remote = new FakeRemote().answer(/./, refused)
  await expect(observe(remote, stack)).rejects.toThrowErrorMatchingInlineSnapshot(`
    [UsageError: deploy@shop.example.com is not ready; nothing was changed:
    - deploy can log in but not run commands: something else ran in place of ours, ended with exit code 1 and said: "This account is currently not available."; give deploy a shell (sudo usermod --shell /bin/sh deploy), and take away what forces a command on it (command="…" before its key in authorized_keys, ForceCommand in the configuration of sshd)]
  `)
})

test('a login shell of another language', async () => {
  const remote = new FakeRemote()
    .answer(/./, { code: 1, stderr: "Unmatched '''.\n" })
    .answer('printenv SHELL', { stdout: '/usr/bin/tcsh\n' })
  await expect(observe(remote, stack)).rejects.toThrowErrorMatchingInlineSnapshot(`
    [UsageError: deploy@shop.example.com is not ready; nothing was changed:
    - the login shell of deploy is /usr/bin/tcsh, and what is sent to it is written for a POSIX shell; run once on the host: sudo usermod --shell /bin/sh deploy]
  `)
})

test('a program that is not run to its end', async () => {
  const remote = new FakeRemote().answer(/./, {
    code: 137,
    stdout: 'observation\t1\nuser\tdeploy\n',
    stderr: 'Killed\n',
  })
  await expect(observe(remote, stack)).rejects.toThrowErrorMatchingInlineSnapshot(`
    [StepError: look at the stack on deploy@shop.example.com: the program that looks at it did not run to its end (exit code 137)
        Killed
    State: nothing was changed]
  `)
})

test('a host without sh', async () => {
  const remote = new FakeRemote()
    .answer(/./, { code: 127, stderr: 'bash: sh: command not found\n' })
    .answer('printenv SHELL', { stdout: '/bin/bash\n' })
  await expect(observe(remote, stack)).rejects.toThrowErrorMatchingInlineSnapshot(`
    [StepError: look at the stack on deploy@shop.example.com: the program that looks at it did not run to its end (exit code 127)
        bash: sh: command not found
    State: nothing was changed]
  `)
})

test('a lost connection has changed nothing', async () => {
  const remote = new FakeRemote().answer(/./, { lost: 'no sign of life from the server for 13 s' })
  await expect(observe(remote, stack)).rejects.toThrowErrorMatchingInlineSnapshot(`
    [StepError: look at the stack on deploy@shop.example.com: no sign of life from the server for 13 s
    State: nothing was changed
    Next: run the job again]
  `)
})
