import { expect, test } from 'vitest'
import { observe } from '../../../src/stack/observe.ts'
import { FakeRemote } from '../../support/fake-remote.ts'

const stack = { name: 'shop', path: '/srv/shop' }

test('one command, with the folder and the name of the stack', async () => {
  const remote = new FakeRemote().answer(/./, { stdout: 'user\tdeploy\n' })
  expect((await observe(remote, stack)).user).toBe('deploy')
  expect(remote.transcript).toHaveLength(1)
  expect(remote.transcript[0]).toMatch(/ sh \/srv\/shop shop$/)
})

test('a shell that can not run it', async () => {
  const remote = new FakeRemote().answer(/./, { code: 2, stderr: 'This account is restricted.\nsh: no such thing\n' })
  await expect(observe(remote, stack)).rejects.toThrowErrorMatchingInlineSnapshot(`
    [StepError: look at the stack on deploy@shop.example.com: the commands that look at it failed; is the login shell of this user a POSIX shell? (exit code 2)
        This account is restricted.
        sh: no such thing
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
