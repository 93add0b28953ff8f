import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BUSY_SHOP, BusyShop } from '../support/busy/busy-shop.ts'
import { doAll, tell } from '../support/busy/deploys.ts'
import { Visitors } from '../support/busy/visitors.ts'
import { labFromContext } from '../support/lab/context.ts'
import { baseImageRef } from '../support/lab/images/index.ts'
import { must } from '../support/lab/must.ts'

const { staging, registry } = labFromContext()
const HOST = 8086
const FRONT = { app: 8086, shop: 8088 }

test("behind the server's own nginx a stack that was started by hand is taken over without a gap", async () => {
  const stack = 'busy-host'
  const folder = `/home/deploy/${stack}/edge`
  await using shop = await BusyShop.create(staging, registry.url, { edge: 'host', stack, port: HOST })
  await installNginx()
  try {
    await startByHand(stack, 9086)
    // Until the first deploy what is included leads to where the services are now.
    await put(`${folder}/nginx.conf`, '')
    await put(`${folder}/server.conf`, 'set $estiba_web 127.0.0.1:9086; set $estiba_api 127.0.0.1:9087;\n')
    await put('/etc/nginx/conf.d/shop.conf', await site(folder, HOST))
    await must(staging, `chown -R deploy: /home/deploy/${stack} && chmod o+x /home/deploy && nginx`)

    const refused = await shop.deploy('refused')
    expect(refused.code).toBe(1)
    expect(refused.stdout).toContain('deploy ALL=(root) NOPASSWD: /usr/sbin/nginx -t -q, /usr/sbin/nginx -s reload')
    await put('/etc/sudoers.d/estiba', 'deploy ALL=(root) NOPASSWD: /usr/sbin/nginx -t -q, /usr/sbin/nginx -s reload\n')

    const crowd = { rate: 40, sockets: 10, streams: 5 }
    const taken = await doAll(shop, ['deploy'], crowd)
    // As it loads another configuration, nginx closes connections of which it has read nothing yet.
    expect(taken.failures.filter(({ what }) => !/socket hang up|ECONNRESET/.test(what))).toEqual([])
    expect(taken.failed).toBeLessThan(5)
    expect(Object.keys(taken.versions).sort()).toEqual(['by-hand', 'deploy-0'])

    const told = await doAll(shop, ['bad', 'deploy', 'back'], crowd)
    console.log(`${tell(taken)}\n${tell(told)}`)
    expect(told.failures).toEqual([])
    expect(Object.keys(told.versions).sort()).toEqual(['deploy-0', 'deploy-1'])
    expect(told.cut).toBeGreaterThan(0)
  } finally {
    await must(staging, `nginx -s stop; rm -f /etc/nginx/conf.d/shop.conf; chmod o-x /home/deploy`)
  }
})

test('one nginx for two stacks: each is switched by itself, and joined again where it was made anew', async () => {
  const { app, shop } = FRONT
  await using one = await BusyShop.create(staging, registry.url, { edge: 'front', stack: 'app', port: app })
  await using other = await BusyShop.create(staging, registry.url, { edge: 'front', stack: 'shop', port: shop })
  try {
    await startFront()
    for (const stack of [one, other]) {
      const { code, stdout } = await stack.deploy('first')
      expect(code, stdout).toBe(0)
    }
    await using visitors = new Visitors({ url: other.url, rate: 20, sockets: 5, streams: 0 })
    const told = await doAll(one, ['deploy', 'bad', 'back'], { rate: 20, sockets: 5, streams: 0 })
    const unaware = await visitors.leave()
    console.log(tell(told))
    expect(told.failures).toEqual([])
    expect(unaware.failures).toEqual([])
    expect(Object.keys(unaware.versions)).toEqual(['first'])
    expect(unaware.sockets.ended).toBe(0)

    await must(staging, 'cd /root/front && docker compose up --detach --force-recreate')
    const joined = await other.deploy('first')
    expect(joined.code, joined.stdout).toBe(0)
    expect(joined.stdout).toContain('is not in the networks of its slots, and joins them as it is')
    expect((await other.deploy('first')).stdout).toContain('Nothing changed')

    await must(staging, 'cd /root/front && docker compose down')
    const alone = await other.deploy('second')
    expect(alone.code).toBe(1)
    expect(alone.stdout).toContain('x-estiba.edge: no container of front/edge runs that mounts the folder `edge`')
  } finally {
    await staging.exec('cd /root/front && docker compose down; rm -rf /root/front')
  }
})

/** As an administrator would, but for its start with the server, which has no service manager. */
async function installNginx(): Promise<void> {
  await put('/usr/sbin/policy-rc.d', '#!/bin/sh\nexit 101\n')
  await must(
    staging,
    'chmod 0755 /usr/sbin/policy-rc.d && dpkg --install /opt/nginx/*.deb && rm -f /etc/nginx/sites-enabled/*',
  )
}

/** The services as a team runs them behind such an nginx: on ports of the server's own address. */
async function startByHand(stack: string, firstPort: number): Promise<void> {
  const folder = `/root/${stack}`
  const ports = `services:
  web: { ports: ['127.0.0.1:${firstPort}:3000'] }
  api: { ports: ['127.0.0.1:${firstPort + 1}:8000'] }
`
  const files = execFileSync('tar', ['-cz', '-C', BUSY_SHOP, 'compose.yml', 'app']).toString('base64')
  await must(staging, `mkdir ${folder} && echo ${files} | base64 -d | tar -xz -C ${folder}`)
  await put(`${folder}/compose.override.yml`, ports)
  await put(`${folder}/.env`, `NODE_IMAGE=${baseImageRef(registry.url, 'node')}\nVERSION=by-hand\nWORLD=fine\n`)
  await must(staging, `cd ${folder} && docker compose --project-name ${stack} up --detach --wait --quiet-pull`)
}

/** An nginx that leads to two stacks, of which neither was ever deployed. */
async function startFront(): Promise<void> {
  const stacks = Object.entries(FRONT)
  const mounts = stacks.map(([stack]) => `/home/deploy/${stack}/edge:/etc/nginx/estiba/${stack}:ro`)
  for (const [index, [stack]] of stacks.entries()) {
    await put(`/home/deploy/${stack}/edge/nginx.conf`, '')
    await put(`/home/deploy/${stack}/edge/server.conf`, 'set $estiba_web 127.0.0.1:1; set $estiba_api 127.0.0.1:1;\n')
    await put(`/root/front/${stack}.conf`, await site(`/etc/nginx/estiba/${stack}`, 80 + index))
    await must(staging, `chown -R deploy: /home/deploy/${stack}`)
  }
  const service = {
    image: baseImageRef(registry.url, 'nginx'),
    ports: stacks.map(([, port], index) => `${port}:${80 + index}`),
    volumes: [...mounts, ...stacks.map(([stack]) => `./${stack}.conf:/etc/nginx/conf.d/${stack}.conf:ro`)],
    restart: 'always',
  }
  await put('/root/front/compose.yml', JSON.stringify({ name: 'front', services: { edge: service } }))
  await must(staging, 'cd /root/front && docker compose up --detach --quiet-pull')
}

/** The site of the busy shop, with the folder and the port that it has there; in all of nginx no two are the same. */
async function site(folder: string, port: number): Promise<string> {
  const text = await readFile(join(BUSY_SHOP, 'nginx.conf'), 'utf8')
  return text
    .replaceAll('connection_upgrade', `connection_upgrade_${port}`)
    .replaceAll('/etc/nginx/estiba', folder)
    .replace('listen 80;', `listen ${port};`)
}

/** Writes a file on the server, as root. */
async function put(path: string, text: string): Promise<void> {
  const encoded = Buffer.from(text).toString('base64')
  await must(staging, `mkdir -p "$(dirname ${path})" && echo ${encoded} | base64 -d >${path}`)
}
