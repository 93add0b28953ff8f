import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { labFromContext } from '../support/lab/context.ts'
import { Shop } from '../support/shop.ts'
import { ShopOnHost } from '../support/shop-on-host.ts'

let site: ShopOnHost
let images: string
let order: number

beforeAll(async () => {
  const lab = labFromContext()
  const shop = await Shop.create({ registry: lab.registry.url })
  site = new ShopOnHost(shop, lab.staging, { stack: 'remove', port: 8086 })
  images = await site.build('v1')
  const deployed = await site.deploy('v1', images)
  expect(deployed.code, deployed.stdout).toBe(0)
  await site.must(`cd ${site.path}/current && docker compose exec -T api alembic upgrade head 2>&1`)
  order = await site.order()
})

afterAll(async () => {
  await site.host.exec('docker rm --force $(docker ps --all --quiet --filter label=com.docker.compose.project=remove)')
  await site.shop[Symbol.asyncDispose]()
})

/** What of the stack is on the host, besides its containers. */
async function traces(): Promise<Record<string, string>> {
  return {
    networks: await site.must("docker network ls --format '{{.Name}}' --filter name=^remove_ | sort"),
    held: await site.must(
      "docker images --format '{{.Tag}}' --filter 'reference=estiba.invalid/held:remove.*' | wc -l",
    ),
    cron: await site.must(`crontab -u deploy -l | grep -c '# estiba ${site.path}$' || true`),
    folder: await site.must(
      `cd ${site.path} && ls -d current releases edge files project backups ledger.jsonl 2>/dev/null || true`,
    ),
  }
}

test('a dry run, a wrong name and an open transaction change nothing', async () => {
  const [containers, before] = [await site.containers(), await traces()]
  const dry = await site.remove({ confirm: '', 'dry-run': 'true' })
  expect(dry.outputs, dry.stdout).toEqual({ changed: 'false', state: 'planned' })
  expect(dry.stdout).toMatch(/db +leave +data: data is never touched/)
  expect(dry.stdout).toContain('nobody gets an answer from this stack any more')

  const wrong = await site.remove({ confirm: 'shop' })
  expect(wrong.code).toBe(1)
  expect(wrong.stdout).toContain('write remove, the name of the stack that is to be removed, not "shop"')

  await writeFile(join(site.shop.path, 'more.yml'), 'services: { api: { environment: { MORE: "1" } } }\n')
  const files = { 'compose-files': 'compose.yml\ncompose.production.yml\nmore.yml' }
  const prepared = await site.deploy('v1b', images, { phase: 'prepare', ...files })
  expect(prepared.outputs, prepared.stdout).toMatchObject({ state: 'prepared' })
  const held = await site.remove({ 'lock-timeout': '1s' })
  expect(held.code).toBe(1)
  expect(held.stdout).toContain('it was a deploy of v1b by octocat')
  const transaction = prepared.outputs['transaction'] ?? ''
  expect((await site.rollBack({ transaction })).outputs).toMatchObject({ state: 'undone' })
  expect([await site.containers(), await traces()]).toEqual([containers, before])
  expect(await site.answers()).toBe('v1')
})

test('what deploys made goes, also when the agent is killed in the midst of it, and data stays', async () => {
  const before = await site.containers()
  const removing = site.remove()
  const latest = `$(ls -d ${site.path}/transactions/t-* | tail -n 1)`
  await site.must(
    `until tail -n 1 ${latest}/journal | grep -q 'began finish 02'; do sleep 0.02; done; kill -KILL $(cat ${latest}/pid)`,
  )
  const { code, stdout, outputs, summary } = await removing
  expect(code, stdout).toBe(0)
  expect(outputs).toEqual({ changed: 'true', state: 'removed' })

  const stores = { db: before['db'], redis: before['redis'] }
  expect(await site.containers()).toEqual(stores)
  expect(await site.answers()).not.toBe('v1')
  expect(await traces()).toEqual({
    networks: 'remove_default',
    held: '0',
    cron: '0',
    folder: 'backups\nledger.jsonl\nproject',
  })
  expect(await site.must(`grep -c recovering ${latest}/journal`)).toBe('1')
  const last = JSON.parse(await site.must(`tail -n 1 ${site.path}/ledger.jsonl`)) as unknown
  expect(last).toMatchObject({ action: 'removal', version: 'v1', result: 'committed', cause: '' })
  for (const said of [stdout, summary]) {
    expect(said).toContain('docker rm --force remove-db-1')
    expect(said).toContain(`rm -r ${site.path}`)
  }
  expect(await site.query(`SELECT count(*) FROM orders WHERE id = ${order}`)).toBe('1')
})

test('a second run has nothing to remove', async () => {
  const { code, stdout, outputs } = await site.remove()
  expect(code, stdout).toBe(0)
  expect(outputs).toEqual({ changed: 'false', state: 'removed' })
  expect(stdout).toContain('Nothing to remove')
})

test('there is nothing to roll back to', async () => {
  const { code, stdout } = await site.rollBack()
  expect(code).toBe(1)
  expect(stdout).toContain('this stack was removed from the host')
})

test('a later deploy takes the stores over as they run', async () => {
  const before = await site.containers()
  const { code, stdout } = await site.deploy('v2', images)
  expect(code, stdout).toBe(0)
  const after = await site.containers()
  expect({ db: after['db'], redis: after['redis'] }).toEqual(before)
  expect(await site.answers()).toBe('v1')
  expect(await site.query(`SELECT count(*) FROM orders WHERE id = ${order}`)).toBe('1')
  expect((await traces())['cron']).toBe('1')
})

test('a path that nothing was ever deployed to is a mistake', async () => {
  const { code, stdout } = await site.remove({ path: '/home/deploy/nowhere', stack: 'nowhere', confirm: 'nowhere' })
  expect(code).toBe(1)
  expect(stdout).toContain('path: nothing was ever deployed to /home/deploy/nowhere')
})
