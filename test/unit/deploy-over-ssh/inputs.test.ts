import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readInputs } from '../../../actions/deploy-over-ssh/inputs.ts'
import { readWith, stackInputs, stackValue } from '../../support/read-inputs.ts'
import { digest } from '../../support/stack.ts'

const transaction = 't-20261121T233000Z-1f2e3d.0123456789abcdef'
const checks = '- url: https://shop.example'
const images = { api: { repository: 'ghcr.io/acme/api', digest: digest('a') } }

interface Metadata {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>
}

/** What the runner fills in where nothing is given. */
const { inputs: declared } = parse(readFileSync('actions/deploy-over-ssh/action.yml', 'utf8')) as Metadata
const defaults = Object.fromEntries(
  Object.entries(declared).flatMap(([name, { default: value }]) => (value === undefined ? [] : [[name, value]])),
)

function read(inputs: Readonly<Record<string, string>>) {
  return readWith(readInputs, { ...defaults, ...inputs })
}

describe('phase all', () => {
  test('with as little as there can be', () => {
    const { value } = read({ ...stackInputs, stack: 'shop', checks })
    expect(value).toMatchObject({
      ...stackValue,
      phase: 'all',
      unchecked: false,
      checks: [{ name: expect.stringContaining('shop.example') as string }],
      deploy: {
        stack: { name: 'shop', path: '/srv/shop' },
        projectDirectory: resolve('.'),
        composeFiles: [resolve('compose.yml')],
        env: new Map(),
        images: {},
        services: [],
        version: undefined,
        registry: undefined,
        healthyWithin: 120,
        lease: 300,
        lockTimeout: 600,
        jobTimeout: undefined,
        keep: 5,
        dryRun: false,
        allowDowngrade: false,
        approvers: [],
      },
    })
  })

  test('with everything; what is secret is masked', () => {
    const { value, masked } = read({
      ...stackInputs,
      stack: 'shop',
      'project-directory': 'deploy',
      'compose-files': 'compose.yml\n# production\ncompose.production.yml',
      env: 'POSTGRES_PASSWORD=hunter2',
      images: JSON.stringify(images),
      version: 'v1.2.3',
      registry: 'ghcr.io',
      'registry-username': 'octocat',
      'registry-password': 'token',
      'healthy-within': '90s',
      lease: '1h',
      'job-timeout': '90',
      keep: '2',
      'allow-downgrade': 'true',
      'github-token': 'ghs_1',
      approvers: 'alice, bob',
      'confirm-without-checks': 'true',
      'dry-run': 'true',
    })
    expect(value).toMatchObject({
      unchecked: true,
      checks: [],
      deploy: {
        projectDirectory: resolve('deploy'),
        composeFiles: [resolve('deploy/compose.yml'), resolve('deploy/compose.production.yml')],
        env: new Map([['POSTGRES_PASSWORD', 'hunter2']]),
        images,
        version: 'v1.2.3',
        registry: { server: 'ghcr.io', username: 'octocat', password: 'token' },
        healthyWithin: 90,
        jobTimeout: 5400,
        lease: 3600,
        keep: 2,
        dryRun: true,
        allowDowngrade: true,
        githubToken: 'ghs_1',
        approvers: ['alice', 'bob'],
      },
    })
    expect(masked).toEqual(
      expect.arrayContaining([stackValue.connection.privateKey, 'POSTGRES_PASSWORD=hunter2', 'token', 'ghs_1']),
    )
  })

  test('nothing is confirmed without a check, unless that is said', () => {
    expect(() => read({ ...stackInputs, stack: 'shop' })).toThrow(/checks: /)
    expect(() => read({ ...stackInputs, stack: 'shop', 'confirm-without-checks': 'true' })).not.toThrow()
  })
})

test('everything that is wrong is told at once', () => {
  expect(() =>
    read({
      ...stackInputs,
      host: 'web1',
      path: 'srv/shop',
      stack: 'Shop',
      transaction,
      'compose-files': '# none',
      images: 'ghcr.io/acme/api:1',
      'registry-username': 'octocat',
      'healthy-within': 'soon',
      lease: '29s',
      keep: '1',
      'dry-run': 'yes',
    }),
  ).toThrowErrorMatchingInlineSnapshot(`
    [UsageError: 12 inputs need a change:
      host: write user@host or user@host:port, not "web1"
      path: write an absolute path such as /srv/shop, not "srv/shop"
      transaction: belongs to the phases switch and confirm; phase all opens its own
      compose-files: name at least one file, such as compose.yml
      stack: write a Compose project name (lowercase letters, digits, - and _; a letter or digit first), not "Shop"
      images: is not JSON; give the output \`images\` of build-and-push as it is
      registry: a login needs all of registry, registry-username and registry-password
      healthy-within: write a time such as 90, 90s, 5m or 1h, not "soon"
      lease: write at least 30s: it must outlast the pause between two steps of the job
      keep: write a whole number from 2 to 50, not "1"
      dry-run: write true or false, not "yes"
      checks: is required]
  `)
})

test('nothing at all', () => {
  expect(() => readWith(readInputs, {})).toThrowErrorMatchingInlineSnapshot(`
    [UsageError: 17 inputs need a change:
      phase: is required
      host: is required
      ssh-key: is required; is the secret set, and may this job read it?
      known-hosts: is required
      path: is required
      confirm-without-checks: is required
      project-directory: is required
      compose-files: name at least one file, such as compose.yml
      stack: is required
      healthy-within: is required
      lease: is required
      lock-timeout: is required
      keep: is required
      drain: is required
      dry-run: is required
      allow-downgrade: is required
      checks: is required]
  `)
})

describe('phase prepare', () => {
  test('asks for no checks, they come later', () => {
    const { value } = read({ ...stackInputs, phase: 'prepare', stack: 'shop' })
    expect(value).toMatchObject({ phase: 'prepare', deploy: { stack: { name: 'shop' } } })
    expect(value).not.toHaveProperty('checks')
  })

  test('opens a transaction and takes none', () => {
    expect(() => read({ ...stackInputs, phase: 'prepare', stack: 'shop', transaction }))
      .toThrowErrorMatchingInlineSnapshot(`
      [UsageError: One input needs a change:
        transaction: belongs to the phases switch and confirm; phase prepare opens its own]
    `)
  })
})

describe('the phases that go on', () => {
  test('switch needs the host and the transaction, nothing of the release', () => {
    const { value } = read({ ...stackInputs, phase: 'switch', transaction })
    expect(value).toEqual({ ...stackValue, phase: 'switch', transaction, checks: [] })
  })

  test('confirm may do without checks when that is said', () => {
    const { value } = read({ ...stackInputs, phase: 'confirm', transaction, 'confirm-without-checks': 'true' })
    expect(value).toEqual({ ...stackValue, phase: 'confirm', transaction, unchecked: true })
  })

  test.each(['switch', 'confirm'])('%s without a transaction says where to get it', (phase) => {
    expect(() => read({ ...stackInputs, phase })).toThrow(
      `transaction: is required for phase ${phase}; give the output \`transaction\` of the step with phase prepare, such as \${{ steps.deploy.outputs.transaction }}`,
    )
  })
})
