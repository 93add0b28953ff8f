import { expect, test } from 'vitest'
import { BusyShop } from '../support/busy/busy-shop.ts'
import { tell, doAll } from '../support/busy/deploys.ts'
import { Visitors } from '../support/busy/visitors.ts'
import { labFromContext } from '../support/lab/context.ts'
import type { LabHost } from '../support/lab/lab.ts'
import { someOf } from '../support/random.ts'

const EDGES = [
  { edge: 'nginx', port: 8085, file: 'nginx.conf', line: 'proxy_buffering off;', more: 'add_header X-Edited yes;' },
  { edge: 'caddy', port: 8084, file: 'Caddyfile', line: ':80 {', more: 'header X-Edited yes' },
] as const

/** `npm run test:load` has visitors behind it. */
const HAPROXY = {
  edge: 'haproxy',
  port: 8083,
  file: 'haproxy.cfg',
  line: 'bind :80',
  more: '    http-response set-header X-Edited yes',
} as const

/** A sample of `npm run test:load`. */
test.each(someOf(1, EDGES))(
  'behind $edge, visitors with connections, WebSockets and event streams notice no release, no bad one and no way back',
  async ({ edge, port }) => {
    const { staging, registry } = labFromContext()
    await using shop = await BusyShop.create(staging, registry.url, { edge, stack: `busy-${edge}`, port })
    for (const version of ['first', 'second']) {
      const { code, stdout } = await shop.deploy(version)
      expect(code, stdout).toBe(0)
    }
    const told = await doAll(shop, ['deploy', 'bad', 'wrong', 'back'], { rate: 40, sockets: 20, streams: 5 })
    console.log(tell(told))
    expect(told.failures).toEqual([])
    expect(Object.keys(told.versions).sort()).toEqual(['deploy-0', 'second'])
    // What outlasts the drain is cut, and told: nobody else ended them.
    expect(told.cut).toBeGreaterThanOrEqual(told.sockets.ended + told.streams.ended)
    expect(told.cut).toBeGreaterThan(0)
  },
)

test.each(someOf(1, [...EDGES, HAPROXY]))(
  'behind $edge, its own configuration is loaded without a gap, and one that it does not understand changes nothing',
  async ({ edge, port, file, line, more }) => {
    const { staging, registry } = labFromContext()
    await using shop = await BusyShop.create(staging, registry.url, { edge, stack: `told-${edge}`, port })
    expect((await shop.deploy('first')).code).toBe(0)
    await using visitors = new Visitors({ url: shop.url, rate: 40, sockets: 0, streams: 0 })
    const edited = async () => (await fetch(shop.url)).headers.get('x-edited')
    const before = await containersOf(staging, shop.stack)

    await shop.edit(file, line, `${line}\n${more}`)
    const good = await shop.deploy('first')
    expect(good.code, good.stdout).toBe(0)
    expect(good.stdout).toContain('it loads its new configuration')
    // HAProxy answers what comes on a connection that it had before from what it had before, and then ends it.
    await expect.poll(edited).toBe('yes')

    await shop.edit(file, more, `${more}\nno_such_directive;`)
    const bad = await shop.deploy('first')
    expect(bad.code, bad.stdout).toBe(1)
    expect(bad.stdout).toMatch(/unknown directive|unrecognized directive|unknown keyword/)
    await expect.poll(edited).toBe('yes')

    const back = await shop.rollBack()
    expect(back.code, back.stdout).toBe(0)
    await expect.poll(edited).toBeNull()

    expect(await containersOf(staging, shop.stack)).toEqual(before)
    expect((await visitors.leave()).failures).toEqual([])
  },
)

test.each(someOf(1, EDGES))(
  'behind $edge, another port and another replica of a service: nobody notices',
  async ({ edge, port }) => {
    const { staging, registry } = labFromContext()
    await using shop = await BusyShop.create(staging, registry.url, { edge, stack: `moved-${edge}`, port })
    for (const version of ['first', 'second']) expect((await shop.deploy(version)).code).toBe(0)
    await using visitors = new Visitors({ url: shop.url, rate: 40, sockets: 0, streams: 0 })
    await shop.edit('app/web.js', 'server.listen(3000)', 'server.listen(3001)')
    await shop.edit('compose.yml', "expose: ['3000']", "expose: ['3001']")
    await shop.edit('compose.yml', 'http://127.0.0.1:3000/healthz', 'http://127.0.0.1:3001/healthz')
    const moved = await shop.deploy('moved')
    expect(moved.code, moved.stdout).toBe(0)
    await shop.edit(
      'compose.yml',
      "command: ['node', '/app/web.js']",
      "command: ['node', '/app/web.js']\n    deploy: { replicas: 2 }",
    )
    const two = await shop.deploy('two')
    expect(two.code, two.stdout).toBe(0)
    const back = await shop.rollBack()
    expect(back.code, back.stdout).toBe(0)
    const { failures, versions } = await visitors.leave()
    expect(failures).toEqual([])
    expect(Object.keys(versions).sort()).toEqual(['moved', 'second', 'two'])
  },
)

/** The ids of all that a stack has. */
async function containersOf(host: LabHost, stack: string): Promise<readonly string[]> {
  const { stdout } = await host.exec(`docker ps --all --quiet --filter label=com.docker.compose.project=${stack}`)
  return stdout.split('\n').sort()
}
