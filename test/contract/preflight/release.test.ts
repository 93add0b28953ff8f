import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ComposeModel } from '../../../src/compose/model.ts'
import { renderCompose } from '../../../src/compose/render.ts'
import { demandOf } from '../../../src/preflight/demand.ts'
import { memoryWarnings } from '../../../src/preflight/memory.ts'
import type { BuiltImages } from '../../../src/release/images.ts'
import { observe } from '../../../src/stack/observe.ts'
import { docker } from '../../support/lab/docker.ts'
import { LocalRemote } from '../../support/local-remote.ts'
import { Ground } from '../../support/preflight.ts'
import { freePort } from '../../support/sshd/sshd.ts'
import { buildImage } from '../../support/tiny-image.ts'

const name = `pf-release-${randomBytes(4).toString('hex')}`
const image = `${name}:1`
const ground = new Ground(name)
const containers: string[] = []
const listeners: Server[] = []

beforeAll(async () => {
  await buildImage(image, 'FROM scratch\nCOPY busybox /\nENTRYPOINT ["/busybox", "sleep", "600"]\n')
})
afterAll(async () => {
  for (const listener of listeners) listener.close()
  for (const container of containers) await docker('rm', '--force', container)
  await docker('image', 'rm', '--force', image)
  ground[Symbol.dispose]()
})

async function start(...options: readonly string[]): Promise<string> {
  const container = `${name}-${containers.length}`
  containers.push(container)
  await docker('run', '--detach', '--name', container, ...options, image)
  return container
}

/** The demand of a compose file, as Compose itself resolves it. */
async function demand(service: Readonly<Record<string, unknown>>, built: BuiltImages = {}) {
  const file = join(ground.folder, 'compose.json')
  await writeFile(file, JSON.stringify({ services: { web: { image, ...service } } }))
  const model: ComposeModel = await renderCompose({ name, directory: ground.folder, files: [file], env: new Map() })
  return demandOf(model, built)
}

const digest = `sha256:${'0'.repeat(64)}`

test('a port that a container of somebody else publishes', async () => {
  const port = await freePort()
  const container = await start('--publish', `${port}:80`)
  const message = await ground.verdict({}, await demand({ ports: [`${port}:80`] }))
  expect(message.replaceAll(String(port), '8080').replaceAll(container, 'blog-web-1')).toMatchInlineSnapshot(
    `"UsageError: - services.web publishes port 8080/tcp, which the container shop-0 has; stop that container, or publish another port"`,
  )
  const own = await freePort()
  await start('--label', `com.docker.compose.project=${name}`, '--publish', `${own}:80`)
  expect(await ground.verdict({}, await demand({ ports: [`${own}:80`] }))).toBe('ready')
})

test.each(['127.0.0.1', '::1', '0.0.0.0'])('a port at which a process of the host listens, at %s', async (address) => {
  const server = createServer().listen(0, address)
  listeners.push(server)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const message = await ground.verdict({}, await demand({ ports: [`${port}:80`] }))
  expect(message.replaceAll(String(port), '8080').replaceAll(userInfo().username, 'root')).toBe(
    'UsageError: - services.web publishes port 8080/tcp, where a process of the host listens already, of the user root; ' +
      "see what it is (sudo ss -lnp 'sport = :8080') and stop it, or publish another port",
  )
})

test('an image that was built for another processor', async () => {
  const api = `ghcr.io/acme/web@${digest}`
  const built = { web: { repository: 'ghcr.io/acme/web', digest, platforms: { 'linux/s390x': 1000 } } }
  const message = await ground.verdict({}, await demand({ image: api }, built))
  expect(message.replace(/linux\/(amd64|arm64)/g, 'linux/HERE')).toMatchInlineSnapshot(
    `"UsageError: - services.web: ghcr.io/acme/web@sha256:0000000000000000000000000000000000000000000000000000000000000000 is built for linux/s390x, and the host is linux/HERE; build it for that too: build.platforms: [linux/s390x, linux/HERE] in the compose file"`,
  )
  expect(await ground.verdict({}, await demand({ image: api, platform: 'linux/s390x' }, built))).toBe('ready')
})

test('memory that the host does not have at all', async () => {
  const reserved = { deploy: { resources: { reservations: { memory: '16000g' } } } }
  const message = await ground.verdict({}, await demand(reserved))
  expect(message.replace(/has [\d.]+ GiB/, 'has 8.0 GiB')).toMatchInlineSnapshot(
    `"UsageError: - the services reserve 16000.0 GiB of memory (web), and the host has 8.0 GiB in all; lower deploy.resources.reservations.memory, or take a bigger host"`,
  )
})

test('memory for old and new together, by what the old container uses', async () => {
  const labels = ['--label', `com.docker.compose.project=${name}`, '--label', 'com.docker.compose.service=web']
  const container = await start(...labels, '--tmpfs', '/fill')
  await docker('exec', container, '/busybox', 'dd', 'if=/dev/zero', 'of=/fill/zeros', 'bs=1M', 'count=48')
  await using remote = new LocalRemote()
  const observation = await observe(remote, ground.stack)
  const { host } = observation
  // A container shows where the engine keeps it, as `docker info` would say.
  expect(host.dataRoot?.path).toBe(await docker('info', '--format', '{{.DockerRootDir}}'))
  const used = host.uses.get(await docker('inspect', '--format', '{{.Id}}', container)) ?? 0
  expect(used / 1024 / 1024).toBeGreaterThanOrEqual(48)
  expect(used / 1024 / 1024).toBeLessThan(64)

  const web = await demand({ deploy: { replicas: 2 } })
  const beside = { services: [{ name: 'web', kind: 'web', action: 'replace' as const, because: '', added: 2 }] }
  expect(memoryWarnings(observation, web, beside)).toEqual([])
  const tight = { ...observation, host: { ...host, memory: { ...host.memory, availableKiB: 90 * 1024 } } }
  expect(
    memoryWarnings(tight, web, beside)
      .join()
      .replaceAll(/\d+ MiB \(web 2 x \d+/g, '97 MiB (web 2 x 49'),
  ).toBe(
    'old and new containers together may not fit into memory: the new ones may take 97 MiB (web 2 x 49 MiB as now), and 90 MiB are available',
  )
})

test('a stack of the same name in another folder', async () => {
  containers.push(`${name}-elsewhere`)
  await docker(
    ...['create', '--name', `${name}-elsewhere`, '--label', `com.docker.compose.project=${name}`],
    ...['--label', 'com.docker.compose.project.working_dir=/opt/shop/project', '--label', 'estiba.definition=0123'],
    image,
  )
  expect(await ground.verdict()).toMatchInlineSnapshot(
    `"UsageError: - another stack of the name shop runs from /opt/shop; give this one another name with \`stack\`, or write path: /opt/shop if that one is meant"`,
  )
})
