import { expect, test } from 'vitest'
import { hostKeyLines } from '../../support/lab/known-hosts.ts'

test('each key of the host becomes a line for its loopback port, without the comment', () => {
  const keys = 'ssh-ed25519 AAAAC3 root@staging\nssh-rsa AAAAB3 root@staging\n'
  expect(hostKeyLines(20_001, keys)).toBe('[127.0.0.1]:20001 ssh-ed25519 AAAAC3\n[127.0.0.1]:20001 ssh-rsa AAAAB3\n')
})
