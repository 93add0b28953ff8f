import { expect, test } from 'vitest'
import { readInputs } from '../../../actions/smoke-test/inputs.ts'
import { readWith, stackInputs } from '../../support/read-inputs.ts'

const read = (inputs: Readonly<Record<string, string>>) => readWith(readInputs, inputs)
const { 'ssh-key': privateKey, 'known-hosts': knownHosts } = stackInputs

const checks = '- url: https://shop.example'
const membership = {
  transaction: 'tx-1',
  host: 'deploy@web1',
  'ssh-key': privateKey,
  'known-hosts': knownHosts,
  path: '/srv/shop',
}

test('checks alone', () => {
  const { value } = read({ checks })
  expect(value.checks).toHaveLength(1)
  expect(value).not.toHaveProperty('membership')
})

test('checks in a transaction', () => {
  const { value, masked } = read({ checks, ...membership })
  expect(value.membership).toEqual({
    connection: { host: { user: 'deploy', name: 'web1', port: 22 }, privateKey: privateKey.trim(), knownHosts },
    path: '/srv/shop',
    transaction: 'tx-1',
  })
  expect(masked).toEqual([privateKey.trim()])
})

test('a transaction needs its server, and everything is told at once', () => {
  expect(() => read({ checks: '- path: /', transaction: 'tx-1', path: 'srv' })).toThrowErrorMatchingInlineSnapshot(`
    [UsageError: 5 inputs need a change:
      checks: line 1: path: needs the input base-url
      host: is required
      ssh-key: is required; is the secret set, and may this job read it?
      known-hosts: is required
      path: write an absolute path, not "srv"]
  `)
})

test('a server without its transaction is a mistake', () => {
  expect(() => read({ checks, ...membership, transaction: '' })).toThrowErrorMatchingInlineSnapshot(`
    [UsageError: One input needs a change:
      transaction: is required with host, ssh-key, known-hosts, path; write the output transaction of the step with deploy-over-ssh, such as \${{ steps.deploy.outputs.transaction }}; it is empty when nothing changed: leave this step out then, by if: steps.deploy.outputs.state != 'unchanged']
  `)
})
