import { afterAll, beforeAll, expect, test } from 'vitest'
import { labFromContext } from '../support/lab/context.ts'
import { Shop } from '../support/shop.ts'
import { ShopOnHost } from '../support/shop-on-host.ts'

/** One stack on the staging host, told in order: each test goes on from where the one before left it. */
let site: ShopOnHost
let v1: string

beforeAll(async () => {
  const lab = labFromContext()
  site = new ShopOnHost(await Shop.create({ registry: lab.registry.url }), lab.staging, { stack: 'deploy', port: 8080 })
  v1 = await site.build('v1')
})

afterAll(async () => {
  await site.shop[Symbol.asyncDispose]()
})

test('a dry run shows the plan and touches nothing', async () => {
  const run = await site.deploy('v1', v1, { 'dry-run': 'true' })
  expect(run.stdout).toContain('create   web: it has no container yet (the edge passes requests to it)')
  expect(run.outputs).toMatchObject({ state: 'planned', changed: 'true' })
  expect(run.code).toBe(0)
  expect((await site.host.exec(`ls ${site.path}`)).code).not.toBe(0)
})

test('the first release: prepared, migrated, on trial, reported, confirmed', async () => {
  const prepared = await site.step('deploy-over-ssh', { ...site.release('v1', v1), phase: 'prepare' })
  expect(prepared.code, prepared.stdout).toBe(0)
  const transaction = prepared.outputs['transaction'] ?? ''
  const migrated = await site.migrate(transaction)
  expect(migrated.code, migrated.stdout).toBe(0)
  expect(migrated.stdout).toContain('read back whole')
  const switched = await site.phase('switch', transaction)
  expect(switched.code, switched.stdout).toBe(0)
  expect(await site.answers()).toBe('v1')

  const refused = await site.phase('confirm', transaction)
  expect(refused.code).toBe(1)
  expect(refused.stdout).toContain('no check said that the release is good')

  const smoke = await site.step('smoke-test', {
    ...site.connection,
    transaction,
    'base-url': site.host.url(8080),
    checks: '- path: /api/products\n  header: { X-Version: v1 }\n- path: /\n  contains: v1',
  })
  expect(smoke.code, smoke.stdout).toBe(0)
  const confirmed = await site.phase('confirm', transaction)
  expect(confirmed.code, confirmed.stdout).toBe(0)
  expect(confirmed.outputs['state']).toBe('committed')
  expect(await site.ledger()).toMatchObject([{ result: 'committed', action: 'deploy', version: 'v1', from: '' }])
  expect(await site.must(`cd ${site.path}/current && docker compose ps --services | sort | tr '\\n' ' '`)).toBe(
    'api db frontend nginx redis scheduler worker',
  )
})

test('an identical release recreates nothing, and the database keeps its rows', async () => {
  const order = await site.order()
  const before = await site.containers()
  const again = await site.deploy('v1-again', v1)
  expect(again.code, again.stdout).toBe(0)
  expect(again.outputs).toMatchObject({ changed: 'false', state: 'unchanged', transaction: '' })
  expect(again.stdout).toContain('nothing changed: no container is touched')
  expect(await site.ledger()).toHaveLength(1)
  expect(await site.containers()).toEqual(before)
  expect(await site.query(`SELECT count(*) FROM orders WHERE id = ${order}`)).toBe('1')

  await site.must(`cd ${site.path}/current && docker compose up --detach --wait`)
  expect(await site.containers()).toEqual(before)
})

test('an edited configuration of the edge is loaded by the one that runs, and nothing else changes', async () => {
  const before = await site.containers()
  await site.shop.write('nginx/default.conf', `# edited\n${await site.shop.read('nginx/default.conf')}`)
  const run = await site.deploy('v1-edited', v1)
  expect(run.code, run.stdout).toBe(0)
  expect(await site.containers()).toEqual(before)
  const { stdout } = await site.host.exec(`docker exec ${before['nginx'] ?? ''} nginx -T`)
  expect(stdout).toContain('# edited\n')
  expect(await site.answers()).toBe('v1')
})

test('a release whose job does not confirm goes back when the job ends', async () => {
  const v2 = await site.build('v2')
  const prepared = await site.step('deploy-over-ssh', { ...site.release('v2', v2), phase: 'prepare' })
  const transaction = prepared.outputs['transaction'] ?? ''
  await site.phase('switch', transaction)
  expect(await site.answers()).toBe('v2')
  const smoke = await site.step('smoke-test', {
    ...site.connection,
    transaction,
    'base-url': site.host.url(8080),
    checks: '- path: /api/products\n  status: 418\n  retries: 0',
  })
  expect(smoke.code).toBe(1)
  const refused = await site.phase('confirm', transaction)
  expect(refused.code).toBe(1)
  const post = await site.step('deploy-over-ssh', { ...site.release('v2', v2), phase: 'prepare' }, prepared.state)
  expect(post.code, post.stdout).toBe(0)
  expect(post.stdout).toContain('Undone: the release before serves')
  expect(await site.answers()).toBe('v1')
  expect((await site.ledger()).at(-1)).toMatchObject({ result: 'undone', version: 'v2' })
})

test('a release that nobody confirms goes back by itself', async () => {
  const v2 = await site.build('v2-alone')
  const prepared = await site.step('deploy-over-ssh', { ...site.release('v2', v2), phase: 'prepare', lease: '30s' })
  await site.phase('switch', prepared.outputs['transaction'] ?? '')
  expect(await site.answers()).toBe('v2-alone')
  await expect.poll(() => site.answers(), { timeout: 60_000, interval: 500 }).toBe('v1')
  await expect
    .poll(async () => (await site.ledger()).at(-1), { timeout: 60_000 })
    .toMatchObject({ result: 'undone', cause: 'lease-expired' })
  const late = await site.phase('confirm', prepared.outputs['transaction'] ?? '', { 'confirm-without-checks': 'true' })
  expect(late.code).toBe(1)
  expect(late.stdout).toContain('nobody confirmed it in time')
})

test.each(['crash-at-start', 'never-healthy'] as const)(
  '%s: red, its last lines shown, and the old release answers',
  async (fault) => {
    const bad = await site.build(`v3-${fault}`, fault)
    const run = await site.deploy('v3', bad, { 'healthy-within': '12s' })
    expect(run.code).toBe(1)
    expect(run.stdout).toContain('undone: the release before serves')
    expect(run.stdout).toMatch(/the last lines of deploy-api-\d+:/)
    expect(run.stdout).toMatch(
      /api \(deploy-api-\d+\) is (exited|running|restarting), exit code \d+, killed for memory: false/,
    )
    expect(run.summary).toMatch(/### Failed[^]*killed for memory: false[^]*docker logs deploy-api-\d+/)
    expect(await site.answers()).toBe('v1')
  },
)

test('a container that dies on trial takes the release back before anybody asks', async () => {
  const bad = await site.build('v3-later', 'crash-after-10s')
  const prepared = await site.step('deploy-over-ssh', { ...site.release('v3', bad), phase: 'prepare' })
  await site.phase('switch', prepared.outputs['transaction'] ?? '')
  await expect
    .poll(async () => (await site.ledger()).at(-1), { timeout: 60_000 })
    .toMatchObject({ cause: 'unwell-in-trial' })
  expect(await site.answers()).toBe('v1')
})

test('a migration that fails half-way: the old release serves, and a human is told that the schema is not as it was', async () => {
  const bad = await site.build('v3-migration', 'failing-migration')
  const prepared = await site.step('deploy-over-ssh', { ...site.release('v3', bad), phase: 'prepare' })
  const migrated = await site.migrate(prepared.outputs['transaction'] ?? '')
  expect(migrated.code).toBe(1)
  expect(migrated.stdout).toContain('the schema changed, and old-code-can-run does not say')
  expect(migrated.stdout).toContain('stuck')
  expect(await site.answers()).toBe('v1')
  expect(await site.must('docker ps --all --quiet --filter name=deploy-t-')).toBe('')

  // The half that stayed was there before this one began.
  const second = await site.step('deploy-over-ssh', { ...site.release('v3', bad), phase: 'prepare' })
  const again = await site.migrate(second.outputs['transaction'] ?? '')
  expect(again.code).toBe(1)
  expect(again.stdout).toContain('undone: the release before serves')
  expect(await site.answers()).toBe('v1')
})

test('a migration that changes the schema, then a failed trial: stuck on the new release, unless the user says otherwise', async () => {
  await site.shop.addMigration('colour', 'ALTER TABLE products ADD COLUMN colour text')
  const v4 = await site.build('v4')
  const prepared = await site.step('deploy-over-ssh', { ...site.release('v4', v4), phase: 'prepare' })
  const transaction = prepared.outputs['transaction'] ?? ''
  expect((await site.migrate(transaction, { 'old-code-can-run': 'true' })).code).toBe(0)
  await site.phase('switch', transaction)
  const aborted = await site.step('rollback', { ...site.connection, transaction })
  expect(aborted.code, aborted.stdout).toBe(0)
  expect(await site.answers()).toBe('v1')

  await site.shop.addMigration('size', 'ALTER TABLE products ADD COLUMN size text')
  const v5 = await site.build('v5')
  const second = await site.step('deploy-over-ssh', { ...site.release('v5', v5), phase: 'prepare' })
  const open = second.outputs['transaction'] ?? ''
  expect((await site.migrate(open)).code).toBe(0)
  await site.phase('switch', open)
  const stuck = await site.step('rollback', { ...site.connection, transaction: open })
  expect(stuck.code).toBe(1)
  expect(stuck.stdout).toContain('Stuck')
  expect(await site.answers()).toBe('v5')

  // The new scheduler goes on, and no start of the engine brings an old one back.
  const ofScheduler = 'label=com.docker.compose.project=deploy --filter label=com.docker.compose.service=scheduler'
  const states = await site.must(
    `docker inspect --format '{{.State.Running}} {{.HostConfig.RestartPolicy.Name}}' $(docker ps --all --quiet --filter ${ofScheduler})`,
  )
  expect(states.split('\n').filter((state) => state.startsWith('true'))).toHaveLength(1)
  expect(states).not.toMatch(/^false (?!no$)/m)
})

test('after a human looked, the next deploy goes on from what runs', async () => {
  const v6 = await site.build('v6')
  const run = await site.deploy('v6', v6)
  expect(run.code, run.stdout).toBe(0)
  expect(await site.answers()).toBe('v6')
})

test('a rollback without registry, its repeat, and one to a release that is not there', async () => {
  const refused = await site.rollBack({ to: 'v1-edited' })
  expect(refused.code).toBe(1)
  expect(refused.stdout).toMatch(
    /old-code-can-run: \S+-v1-edited is from before migrations[\s\S]*v5 migrated the database/,
  )
  expect(await site.answers()).toBe('v6')
  const back = await site.rollBack({ to: 'v1-edited', 'old-code-can-run': 'true' })
  expect(back.code, back.stdout).toBe(0)
  expect(await site.answers()).toBe('v1')
  const repeat = await site.rollBack()
  expect(repeat.code, repeat.stdout).toBe(0)
  expect(repeat.outputs['changed']).toBe('false')
  expect(await site.answers()).toBe('v1')
  const unknown = await site.rollBack({ to: 'v99' })
  expect(unknown.code).toBe(1)
  expect(unknown.stdout).toMatch(/"v99" is not on this host; there are: .*v6/)
  const named = await site.rollBack({ to: 'v6' })
  expect(named.code, named.stdout).toBe(0)
  expect(await site.answers()).toBe('v6')
})

test('a change of the database service is refused before anything happens', async () => {
  const before = await site.containers()
  const env = `${site.env}POSTGRES_IMAGE='postgres:16'\n`
  const run = await site.deploy('v7', v1, { env })
  expect(run.code).toBe(1)
  expect(run.stdout).toContain('services.db keeps data and would become another one: image')
  expect(await site.containers()).toEqual(before)
})
