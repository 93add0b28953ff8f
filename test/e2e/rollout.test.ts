import { afterAll, beforeAll, expect, test } from 'vitest'
import { labFromContext } from '../support/lab/context.ts'
import { Load } from '../support/load.ts'
import { Shop } from '../support/shop.ts'
import { ShopOnHost } from '../support/shop-on-host.ts'

const port = 8082
let site: ShopOnHost
let images: Record<'v1' | 'v2', string>

/** One stack on the staging host, told in order, with visitors who ask all the time. */
beforeAll(async () => {
  const lab = labFromContext()
  const shop = await Shop.create({ registry: lab.registry.url })
  site = new ShopOnHost(shop, lab.staging, { stack: 'rollout', port })
  images = { v1: await site.build('v1'), v2: await site.build('v2') }
  const first = await site.deploy('v1', images.v1, { phase: 'prepare' })
  const transaction = first.outputs['transaction'] ?? ''
  const migrated = await site.migrate(transaction)
  expect(migrated.code, migrated.stdout).toBe(0)
  expect((await site.phase('switch', transaction)).code).toBe(0)
  expect((await site.phase('confirm', transaction, { 'confirm-without-checks': 'true' })).code).toBe(0)
})

afterAll(async () => {
  await site.shop[Symbol.asyncDispose]()
})

/** Asks for the page, for which frontend and api must work together, and for the api itself. */
const visitors = () =>
  new Load(
    [
      { url: `${site.host.url(port)}/`, contains: '<html' },
      { url: `${site.host.url(port)}/api/products`, contains: '"products"' },
    ],
    20,
  )

const slotsInUse = () =>
  site.must(
    `docker ps --format '{{.Label "estiba.slot"}}' --filter label=com.docker.compose.project=rollout | sort -u | tr -d '\\n'`,
  )

/** What has ended: service, slot and restart policy of each. */
const ended = () =>
  site.must(
    `docker ps --all --quiet --filter status=exited --filter status=created --filter label=com.docker.compose.project=rollout | xargs -r docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}} {{index .Config.Labels "estiba.slot"}} {{.HostConfig.RestartPolicy.Name}}' | sort`,
  )

test('a release and the way to it: nobody notices', async () => {
  expect(await slotsInUse()).toBe('a')
  const before = await site.containers()
  await using load = visitors()
  const run = await site.deploy('v2', images.v2)
  expect(run.code, run.stdout).toBe(0)
  expect(run.stdout).toContain('no downtime: new beside old, then one switch')
  expect(await site.answers()).toBe('v2')
  expect(await slotsInUse()).toBe('b')
  const { db, redis, nginx } = await site.containers()
  expect({ db, redis, nginx }).toEqual({ db: before['db'], redis: before['redis'], nginx: before['nginx'] })
  await load[Symbol.asyncDispose]()
  expect(load.failures).toEqual([])
  expect([...load.versions.keys()].sort()).toEqual(['v1', 'v2'])
})

test('a release that never gets well is seen by nobody', async () => {
  const bad = await site.build('v3-bad', 'never-healthy')
  await using load = visitors()
  const run = await site.deploy('v3-bad', bad, { 'healthy-within': '8s' })
  expect(run.code).toBe(1)
  expect(run.stdout).toContain('undone: the release before serves')
  expect(run.stdout).toContain('killed for memory: false')
  await load[Symbol.asyncDispose]()
  expect(load.failures).toEqual([])
  expect([...load.versions.keys()]).toEqual(['v2'])
  expect(await slotsInUse()).toBe('b')

  // What failed is there for whoever looks, and what never ran is not.
  const [, named = ''] = /until the next deploy: docker logs (\S+)$/m.exec(run.stdout) ?? []
  expect(await ended()).toBe('api a no')
  expect(await site.must(`docker inspect --format '{{index .Config.Labels "estiba.slot"}}' ${named}`)).toBe('a')
  await site.must(`docker logs ${named}`)
})

test('as long as it is there, `up` by hand is refused, and a start by hand brings nobody in', async () => {
  await using load = visitors()
  const before = await site.containers()
  const up = await site.host.exec(`cd ${site.path}/current && docker compose up --detach 2>&1`)
  expect(up.code).not.toBe(0)
  expect(up.stdout).toContain('up-would-mix-two-releases')
  expect(await site.containers()).toEqual(before)
  const api = `$(docker ps --all --quiet --filter label=com.docker.compose.project=rollout --filter label=estiba.slot=a --filter label=com.docker.compose.service=api)`
  await site.must(`docker start ${api}`)
  expect(
    await site.must(
      `docker inspect --format '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}' ${api}`,
    ),
  ).toBe('none')
  await site.must(`docker stop ${api}`)
  await load[Symbol.asyncDispose]()
  expect(load.failures).toEqual([])
  expect([...load.versions.keys()]).toEqual(['v2'])
})

test('a deploy that changes nothing leaves it; the next one makes all of its slot anew', async () => {
  const same = await site.deploy('v2', images.v2)
  expect(same.outputs, same.stdout).toMatchObject({ changed: 'false' })
  expect(await ended()).toBe('api a no')
  const run = await site.deploy('v1', images.v1)
  expect(run.code, run.stdout).toBe(0)
  expect(run.stdout).toContain('remove what a release that was taken back has left of api')
  expect(await ended()).toBe('')
  expect(await site.must(`readlink ${site.path}/current`)).toMatch(/\/a$/)
  const back = await site.deploy('v2', images.v2)
  expect(back.code, back.stdout).toBe(0)
  expect(await slotsInUse()).toBe('b')
})

const SERVICES = 'api db frontend nginx redis scheduler worker worker'

test('on trial: `docker compose up` by hand is refused, ps and exec work, and the way back is one rename', async () => {
  const prepared = await site.deploy('v1-trial', images.v1, { phase: 'prepare' })
  const transaction = prepared.outputs['transaction'] ?? ''
  await using load = visitors()
  expect((await site.phase('switch', transaction)).code).toBe(0)
  expect(await site.answers()).toBe('v1')
  const compose = `cd ${site.path}/current && docker compose`
  const before = await site.containers()
  const up = await site.host.exec(`${compose} up --detach 2>&1`)
  expect(up.code).not.toBe(0)
  expect(up.stdout + up.stderr).toContain('up-would-mix-two-releases')
  expect(await site.containers()).toEqual(before)
  expect(await site.must(`${compose} exec -T api printenv POSTGRES_HOST`)).toBe('db')
  expect(
    (await site.must(`${compose} ps --format '{{.Service}}'`)).split('\n').filter((name) => name === 'api'),
  ).toHaveLength(2)

  const aborted = await site.step('rollback', { ...site.connection, transaction })
  expect(aborted.code, aborted.stdout).toBe(0)
  expect(await site.answers()).toBe('v2')
  expect((await site.host.exec(`${compose} up --detach 2>&1`)).code).not.toBe(0)
  expect(await site.must(`${compose} ps --format '{{.Service}}' | sort | tr '\\n' ' '`)).toBe(SERVICES)
  expect(await slotsInUse()).toBe('b')
  expect((await ended()).split('\n').filter((line) => !line.endsWith(' a no'))).toEqual([])
  await load[Symbol.asyncDispose]()
  expect(load.failures).toEqual([])
})

test('back, and forth, and back by name: nobody notices, and the registry is not asked', async () => {
  await using load = visitors()
  for (const [to, version] of [
    [undefined, 'v1'],
    ['v2', 'v2'],
    ['v1', 'v1'],
  ] as const) {
    const run = await site.rollBack(to === undefined ? {} : { to })
    expect(run.code, run.stdout).toBe(0)
    expect(await site.answers()).toBe(version)
  }
  await load[Symbol.asyncDispose]()
  expect(load.failures).toEqual([])
  expect(await slotsInUse()).toBe('a')
  expect(await ended()).toBe('')

  const before = await site.containers()
  await site.must(`cd ${site.path}/current && docker compose up --detach --wait`)
  expect(await site.containers()).toEqual(before)
})

test('a container that a user recreated by hand is found, and the next deploy repairs it', async () => {
  await site.must(
    `docker rm --force $(docker ps --quiet --filter label=com.docker.compose.project=rollout --filter label=com.docker.compose.service=worker)`,
  )
  const run = await site.deploy('v1-again', images.v1)
  expect(run.code, run.stdout).toBe(0)
  expect(run.stdout).toContain('it moves to the other slot with worker')
  expect(await slotsInUse()).toBe('b')
})

test('an edge and a store made anew by hand are outside of the slots until the minute job has looked', async () => {
  const before = await site.must('docker ps --quiet --filter label=estiba.slot | sort')
  await site.must(`cd ${site.path}/current && docker compose up --detach --force-recreate --no-deps --wait db nginx`)
  // Sooner than cron, which says the same words.
  await site.must(`sh ${site.path}/agent recover ${site.path}`)
  await expect.poll(() => site.answers()).toBe('v1')
  await expect.poll(async () => (await fetch(`${site.host.url(port)}/api/products`)).status).toBe(200)
  expect(await site.must('docker ps --quiet --filter label=estiba.slot | sort')).toBe(before)
})

test('more replicas, and fewer again: nobody notices, but who kept a connection over the reload', async () => {
  await using load = visitors()
  for (const [replicas, version] of [
    [3, 'v2'],
    [1, 'v1'],
  ] as const) {
    await site.shop.write('replicas.yml', `services: { api: { deploy: { replicas: ${replicas} } } }\n`)
    const run = await site.deploy(version, images[version], {
      'compose-files': 'compose.yml\ncompose.production.yml\nreplicas.yml',
    })
    expect(run.code, run.stdout).toBe(0)
    const labels = ['project=rollout', 'service=api'].map((label) => `--filter label=com.docker.compose.${label}`)
    expect(await site.must(`docker ps --quiet ${labels.join(' ')} | wc -l`)).toBe(String(replicas))
    expect(await site.answers()).toBe(version)
  }
  await load[Symbol.asyncDispose]()
  // Its addresses are new to nginx, which is reloaded this once: a kept connection may end under a request.
  expect(load.failures.filter(({ what }) => !/ECONNRESET|socket hang up/.test(what))).toEqual([])
})

test('a fix of one service: it alone is new, the others move with what they are', async () => {
  await using load = visitors()
  const files = { 'compose-files': 'compose.yml\ncompose.production.yml\nreplicas.yml' }
  const run = await site.deploy('v2-api', images.v2, { ...files, services: 'api' })
  expect(run.code, run.stdout).toBe(0)
  expect(run.stdout).toMatch(/note: only api: the others have the images of \S+-v1\b/)
  const page = await (await fetch(`${site.host.url(port)}/`)).text()
  expect(page).toContain('frontend v1, api v2')
  await load[Symbol.asyncDispose]()
  expect(load.failures).toEqual([])

  await site.shop.write(
    'replicas.yml',
    'services: { api: { deploy: { replicas: 1 } }, worker: { environment: [NEW=1] } }\n',
  )
  const refused = await site.deploy('v2-again', images.v2, { ...files, services: 'api' })
  expect(refused.code).toBe(1)
  expect(refused.stdout).toContain('services: worker changed, too')
})
