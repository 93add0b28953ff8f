import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { labFromContext } from '../support/lab/context.ts'
import { Shop } from '../support/shop.ts'
import { ShopOnHost } from '../support/shop-on-host.ts'

const folder = '/home/deploy/by-hand'
let site: ShopOnHost

/** A team that has done without Estiba until now: files copied to the server, `docker compose up` by hand. */
beforeAll(async () => {
  const lab = labFromContext()
  const shop = await Shop.create({ registry: lab.registry.url })
  site = new ShopOnHost(shop, lab.staging, { stack: 'adopt', port: 8081 })
  await site.build('v1')
  const files = execFileSync('tar', ['-cz', '-C', shop.path, 'compose.yml', 'compose.production.yml', 'nginx', 'edge'])
  await site.must(`mkdir ${folder} && echo ${files.toString('base64')} | base64 -d | tar -xz -C ${folder}`)
  await site.must(`echo ${Buffer.from(`${site.env}TAG=main\n`).toString('base64')} | base64 -d >${folder}/.env`)
  const compose = `cd ${folder} && env -u REGISTRY docker compose --project-name adopt -f compose.yml -f compose.production.yml`
  await site.must(`${compose} up --detach --wait --quiet-pull 2>&1`)
  await site.must(`${compose} run --rm -T api alembic upgrade head 2>&1`)
})

afterAll(async () => {
  await site.shop[Symbol.asyncDispose]()
})

test('a bad first release leaves what was started by hand serving', async () => {
  const before = await site.containers()
  const bad = await site.build('v2-bad', 'never-healthy')
  const run = await site.deploy('v2-bad', bad, { 'healthy-within': '10s' })
  expect(run.code).toBe(1)
  expect(run.stdout).toContain('undone: the release before serves')
  expect(await site.answers()).toBe('v1')
  expect(await site.containers()).toEqual(before)
})

test('a stack that was started by hand is taken over without touching its database', async () => {
  expect(await site.answers()).toBe('v1')
  const order = await site.order()
  const before = await site.containers()

  const images = await site.build('v2')
  const run = await site.deploy('v2', images)
  expect(run.code, run.stdout).toBe(0)
  expect(run.stdout).toContain('this stack was started by hand')
  const after = await site.containers()
  expect({ db: after['db'], redis: after['redis'] }).toEqual({ db: before['db'], redis: before['redis'] })
  expect(after['api']).not.toBe(before['api'])
  expect(await site.answers()).toBe('v2')
  expect(await site.query(`SELECT count(*) FROM orders WHERE id = ${order}`)).toBe('1')
  expect(await site.must(`ls ${site.path}/project`)).toBe('')

  const again = await site.deploy('v2-again', images)
  expect(again.outputs['changed'], again.stdout).toBe('false')
  await site.must(`cd ${site.path}/current && docker compose up --detach --wait`)
  expect(await site.containers()).toEqual(after)
})
