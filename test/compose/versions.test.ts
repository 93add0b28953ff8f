import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adopt, tellAdopted } from '../support/busy/adoption.ts'
import { BusyShop, type Place } from '../support/busy/busy-shop.ts'
import { identity, rows } from '../support/busy/by-hand.ts'
import { doAll, tell } from '../support/busy/deploys.ts'
import { composePlugin, NEWEST, OLDEST, putCompose, takeCompose } from '../support/lab/compose-plugin.ts'
import { labFromContext } from '../support/lab/context.ts'
import type { Exited } from '../support/lab/lab.ts'
import { SmallStack } from '../support/small-stack.ts'
import { until } from '../support/until.ts'

const lab = labFromContext()
const host = lab.staging
const place: Place = { edge: 'nginx', stack: 'composed', port: 8088, database: true }
const crowd = { rate: 40, sockets: 10, streams: 3 }
const ALL = ['db', 'edge', 'web', 'api'] as const

beforeAll(async () => {
  for (const version of [OLDEST, NEWEST]) await composePlugin(version)
})

afterAll(async () => {
  await takeCompose(host)
})

/** A shop with two releases, so that there is a way back. */
async function twoReleases({ replicas = 1, ...more }: Partial<Place> & { replicas?: number } = {}): Promise<BusyShop> {
  const shop = await BusyShop.create(host, lab.registry.url, { ...place, ...more })
  const line = "command: ['node', '/app/web.js']"
  await shop.edit('compose.yml', line, `${line}\n    deploy: { replicas: ${replicas} }`)
  for (const release of ['first', 'second']) {
    const { code, stdout } = await shop.deploy(release)
    expect(code, stdout).toBe(0)
  }
  return shop
}

function inCurrent({ path }: BusyShop, args: string): Promise<Exited> {
  return host.exec(`cd ${path}/current && docker compose ${args} 2>&1`)
}

async function expectUpTouchesNothing(shop: BusyShop): Promise<void> {
  const before = await identity(host, shop, ALL)
  const { code, stdout } = await inCurrent(shop, 'up --detach --wait')
  expect(code, stdout).toBe(0)
  expect(await identity(host, shop, ALL), stdout).toBe(before)
}

describe.each([OLDEST, NEWEST])('with Compose $version on the host', (version) => {
  beforeAll(async () => {
    await putCompose(host, version)
  })

  test('a stack that it started by hand is taken over', async () => {
    const mounting = 'without the mount'
    console.log(tellAdopted(await adopt(lab, { place, mounting, bad: 'never healthy', rate: 40 })))
  })

  test('releases, bad ones and ways back are noticed by nobody, and `up` by hand touches nothing', async () => {
    await using shop = await twoReleases({ replicas: 2 })
    const told = await doAll(shop, ['deploy', 'bad', 'back'], crowd)
    console.log(tell(told))
    expect(told.failures).toEqual([])
    await expectUpTouchesNothing(shop)

    const before = await identity(host, shop, ALL)
    const deploying = shop.deploy('muted', 'mute in trial')
    await until(() => shop.isOnTrial(), 'the trial', 120)
    const up = await inCurrent(shop, 'up --detach')
    expect(up.code, up.stdout).not.toBe(0)
    expect(up.stdout).toContain('a-deploy-is-on-trial')
    // Of api and both of web the old and the new.
    expect((await inCurrent(shop, 'ps --quiet')).stdout.match(/^[0-9a-f]{12,}$/gm)).toHaveLength(8)
    await shop.endJob('muted', 'mute in trial', await deploying)
    expect(await identity(host, shop, ALL)).toBe(before)
  })
})

test('an upgrade of Compose from the oldest to the newest touches nothing, and neither does a deploy of the same behind it', async () => {
  await putCompose(host, OLDEST)
  await using shop = await twoReleases()
  const before = await identity(host, shop, ALL)
  await putCompose(host, NEWEST)
  const { code, stdout } = await shop.deploy('second')
  expect(code, stdout).toBe(0)
  expect(stdout).toContain('Nothing changed')
  expect(await identity(host, shop, ALL)).toBe(before)

  const told = await doAll(shop, ['deploy', 'back'], crowd)
  console.log(tell(told))
  expect(told.failures).toEqual([])
  const kept = (text: string): readonly string[] => text.split('\n').slice(0, ALL.indexOf('web'))
  expect(kept(await identity(host, shop, ALL))).toEqual(kept(before))
  const written = await rows(host, shop)
  const now = await identity(host, shop, ALL)
  const careful = await inCurrent(shop, 'up --detach --no-recreate')
  expect(careful.code, careful.stdout).toBe(0)
  expect(await identity(host, shop, ALL)).toBe(now)

  // Without that word the newest takes what the oldest has made for changed. The next deploy finds it, and what was written is there.
  await inCurrent(shop, 'up --detach')
  const mended = await shop.deploy('third')
  expect(mended.code, mended.stdout).toBe(0)
  expect(await (await fetch(shop.url)).text()).toBe('web third api third')
  expect(await rows(host, shop)).toBeGreaterThan(written)
})

test.each([OLDEST, NEWEST])('old and new take turns with Compose $version', async (version) => {
  await putCompose(host, version)
  await using small = await SmallStack.create(host, 'composed-small', lab.registry.url)
  for (const release of ['first', 'second']) {
    const { code, stdout } = await small.deploy(release)
    expect(code, stdout).toBe(0)
    expect((await small.look(release)).serving).toEqual([release])
  }
  const { code, stdout } = await small.deploy('second')
  expect(code, stdout).toBe(0)
  expect(stdout).toContain('Nothing changed')
})

test.each([
  { runner: NEWEST, server: OLDEST },
  { runner: OLDEST, server: NEWEST },
])('$runner.version on the runner, $server.version on the host', async ({ runner, server }) => {
  await putCompose(host, server)
  const folder = await mkdtemp(join(tmpdir(), 'estiba-docker-'))
  try {
    await mkdir(join(folder, 'cli-plugins'))
    await symlink(await composePlugin(runner), join(folder, 'cli-plugins/docker-compose'))
    await using shop = await twoReleases({ runner: { DOCKER_CONFIG: folder } })
    await expectUpTouchesNothing(shop)
  } finally {
    await rm(folder, { recursive: true })
  }
})
