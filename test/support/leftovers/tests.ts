import { afterAll, beforeAll, expect, test } from 'vitest'
import { BusyShop } from '../busy/busy-shop.ts'
import { ByHand, identity, rows } from '../busy/by-hand.ts'
import { labFromContext } from '../lab/context.ts'
import { must } from '../lab/must.ts'
import { SmallStack } from '../small-stack.ts'

const { staging: host, registry } = labFromContext()
const stack = 'left'
/** The version that is live. */
let live = 'one'
let shop: BusyShop
let byHand: ByHand
let database: string
let known = 0

const on = (command: string): Promise<string> => must(host, command)
const ids = (service: string, more = ''): string =>
  `$(docker ps --all --quiet ${more} --filter label=com.docker.compose.project=${stack} --filter label=com.docker.compose.service=${service})`
const inCurrent = (args: string): Promise<string> => on(`cd ${shop.path}/current && docker compose ${args} 2>&1`)

/** What Compose makes of a service first when it replaces it, and what it calls it until the old one is gone. */
async function beginToReplaceWeb(): Promise<void> {
  await byHand.compose('create --no-recreate --scale web=2 web')
  await on(`docker rename ${ids('web', '--filter status=created')} 0123456789ab_${stack}-web-1`)
}

/** The network of the slot that nothing leads to. */
async function freeNetwork(): Promise<string> {
  const live = await on(`readlink ${shop.path}/edge/live`)
  return `${stack}_slot-${live.endsWith('a') ? 'b' : 'a'}`
}

async function leaveFreeNetwork(): Promise<string> {
  const network = await freeNetwork()
  for (const service of ['db', 'edge']) await on(`docker network disconnect ${network} ${ids(service)}`)
  return network
}

/** One container of each service, which runs, and no other; they answer as one release, and nothing is lost. */
async function expectWhole(version: string): Promise<void> {
  const format = '{{.Label "com.docker.compose.service"}} {{.State}}'
  const all = await on(`docker ps --all --filter label=com.docker.compose.project=${stack} --format '${format}' | sort`)
  expect(all).toBe('api running\ndb running\nedge running\nweb running')
  const page = await fetch(shop.url, { signal: AbortSignal.timeout(10_000) })
  expect([page.status, await page.text()]).toEqual([200, `web ${version} api ${version}`])
  expect(await identity(host, shop, ['db'])).toBe(database)
  const written = await rows(host, shop)
  expect(written).toBeGreaterThan(known)
  known = written
}

interface Accident {
  readonly name: string
  readonly happen: () => Promise<unknown>
  /** What the plan says of it. */
  readonly says: RegExp
  /** What is deployed then: the same again, unless told. */
  readonly version?: string
}

const ACCIDENTS: readonly Accident[] = [
  {
    name: 'an `up` was interrupted when it had made a new container',
    happen: beginToReplaceWeb,
    says: / web +tidy .*left over beside it, and removed: 0123456789ab_left-web-1 \(created\)/,
  },
  {
    name: 'an `up` was interrupted when it had stopped the old container',
    happen: async () => {
      await on(`docker stop ${ids('web')}`)
      await beginToReplaceWeb()
    },
    says: / web +replace .*0 of 1 containers run as the release has them/,
  },
  {
    name: 'a service was scaled in `current`, where a slot has one address for it',
    happen: () => expect(inCurrent('up --detach --scale web=2')).rejects.toThrow('Address already in use'),
    says: / web +tidy .*left over beside it, and removed: left-web-\d+ \(created\)/,
  },
  {
    name: 'a container was removed, and came back by an `up` in `current`',
    happen: async () => {
      await on(`docker rm --force ${ids('web')}`)
      await inCurrent('up --detach --wait')
    },
    says: /Nothing changed: \S+-one is live already/,
  },
  {
    name: 'an `up` in another folder replaced the release, and doubled a service',
    happen: () => byHand.compose('up --detach --wait --scale web=2'),
    says: /note: api, web, edge: somebody ran `docker compose up` elsewhere/,
  },
  {
    name: 'a network of the slots was made anew with other addresses',
    happen: async () => {
      const network = await leaveFreeNetwork()
      await on(`docker network rm ${network} && docker network create --subnet 10.218.9.0/24 ${network}`)
    },
    says: / db +join .*\n(?:.*\n)+.*have the networks of both slots/,
  },
  {
    name: 'a container of the release was removed',
    happen: () => on(`docker rm --force ${ids('api')}`),
    says: / api +create .*it has no container yet/,
  },
  {
    name: 'the store does not run',
    happen: async () => {
      await on(`docker stop ${ids('db')}`)
      database = ''
    },
    says: / db +repair .*it does not run, and is started as it is/,
  },
  {
    name: '`docker system prune` took all images and the network of the free slot',
    happen: async () => {
      await leaveFreeNetwork()
      await on('docker system prune --all --force')
    },
    says: /have the networks of both slots/,
    version: 'two',
  },
]

/** Deploys to a stack that accidents have left in disorder, one after the other; what the plan says, and that all is whole then. */
export function testLeftovers(choose: (accidents: readonly Accident[]) => readonly Accident[]): void {
  beforeAll(async () => {
    shop = await BusyShop.create(host, registry.url, { edge: 'nginx', stack, port: 8087, database: true })
    byHand = new ByHand(host, shop)
    await byHand.copy('by-hand', 'with the mount')
    const { code, stdout } = await shop.deploy('one')
    expect(code, stdout).toBe(0)
    database = await identity(host, shop, ['db'])
  })

  afterAll(async () => {
    await shop[Symbol.asyncDispose]()
    await byHand[Symbol.asyncDispose]()
  })

  test.each(choose(ACCIDENTS))('$name', async ({ happen, says, version = live }) => {
    await happen()
    const { code, stdout } = await shop.deploy(version)
    expect(code, stdout).toBe(0)
    expect(stdout).toMatch(says)
    database ||= await identity(host, shop, ['db'])
    live = version
    await expectWhole(live)
  })

  test('a second container of a store is not for a deploy to choose from', async () => {
    await byHand.compose('create --no-recreate --scale db=2 db')
    const { code, stdout } = await shop.deploy('three')
    expect(code, stdout).toBe(1)
    expect(stdout).toMatch(/services\.db keeps data and has 2 containers: .*docker rm NAME/)
    await on(`docker rm ${ids('db', '--filter status=created')}`)
    await expectWhole(live)
  })

  test('where old and new take turns: scaled, interrupted, removed', async () => {
    await using small = await SmallStack.create(host, 'left-small', registry.url)
    expect((await small.deploy('one')).code).toBe(0)
    const current = 'cd /home/deploy/left-small/current && docker compose'
    const expectMended = async (says: string): Promise<void> => {
      const { code, stdout } = await small.deploy('one')
      expect(code, stdout).toBe(0)
      expect(stdout).toContain(says)
      expect((await small.look('one')).serving).toEqual(['one'])
      expect(await small.containers('web')).toHaveLength(1)
    }
    await on(`${current} up --detach --scale web=2 2>&1`)
    await expectMended('2 of 1 containers run as the release has them')
    await on(`${current} create --no-recreate --scale web=2 2>&1`)
    await expectMended('left over beside it, and removed: left-small-web-2 (created)')
    await on(`docker rm --force $(docker ps --quiet --filter label=com.docker.compose.project=left-small)`)
    await expectMended('it has no container yet')

    await on(`${current} up --detach --scale web=2 2>&1 && docker stop left-small-web-2`)
    const [stopped, since] = [await on(`docker inspect --format '{{.Id}}' left-small-web-2`), await on('date +%s.%N')]
    const { code, stdout } = await small.deploy('two')
    expect(code, stdout).toBe(0)
    const starts = `docker events --since ${since} --until "$(date +%s.%N)" --filter event=start`
    expect(await on(starts)).not.toBe('')
    expect(await on(`${starts} --filter container=${stopped}`)).toBe('')
  })
}
