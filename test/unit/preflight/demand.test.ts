import { describe, expect, test } from 'vitest'
import type { Service } from '../../../src/compose/model.ts'
import { checkHost } from '../../../src/preflight/check.ts'
import { demandOf } from '../../../src/preflight/demand.ts'
import type { HostFacts, Ports } from '../../../src/stack/host-facts.ts'
import type { Observation } from '../../../src/stack/observation.ts'
import { digest, emptyHost, readyHost, shopModel } from '../../support/stack.ts'

const MIB = 1024 * 1024
const platforms = { 'linux/amd64': 300 * MIB, 'linux/arm64': 280 * MIB }

function demand(change: Readonly<Record<string, Partial<Service>>> = {}, sizes = platforms) {
  return demandOf(shopModel('1', change), {
    api: { repository: 'ghcr.io/acme/api', digest: digest('1'), platforms: sizes },
  })
}

function problems(
  wanted: ReturnType<typeof demand>,
  host: Partial<HostFacts> = {},
  change: Partial<Observation> = {},
): string {
  const stack = { name: 'shop', path: '/srv/shop' }
  try {
    checkHost({ ...emptyHost, ...change, host: { ...readyHost, ...host } }, { stack, host: 'web1', demand: wanted })
    return ''
  } catch (error) {
    return String(error).replace('UsageError: web1 is not ready; nothing was changed:\n', '')
  }
}

test('is read from the compose files', () => {
  const wanted = demand({
    nginx: {
      ports: [
        { target: 80, published: '80', protocol: 'tcp' },
        { target: 443, published: '8000-8001', protocol: 'udp', host_ip: '127.0.0.1' },
        { target: 81 },
        { target: 82, published: '0' },
      ],
    },
    api: { mem_limit: '314572800', deploy: { replicas: 2, resources: { reservations: { memory: '1024' } } } as never },
  })
  const api = `ghcr.io/acme/api@${digest('1')}`
  expect(wanted.images).toEqual([
    { service: 'nginx', image: 'nginx:1.28', platforms: undefined, platform: undefined },
    { service: 'api', image: api, platforms, platform: undefined },
    { service: 'db', image: 'postgres:15', platforms: undefined, platform: undefined },
  ])
  expect(wanted.ports).toEqual([
    { service: 'nginx', protocol: 'tcp', address: 'any', from: 80, to: 80 },
    { service: 'nginx', protocol: 'udp', address: '127.0.0.1', from: 8000, to: 8001 },
  ])
  expect(wanted.memory).toContainEqual({
    service: 'api',
    replicas: 2,
    limit: 314_572_800,
    reservation: 1024,
  })
  expect(wanted.memory).toContainEqual({
    service: 'db',
    replicas: 1,
    limit: undefined,
    reservation: undefined,
  })
})

describe('images', () => {
  const arm = { version: '26.1.5', platform: 'linux/arm64', rootless: false }

  test('of another processor', () => {
    expect(problems(demand({}, { 'linux/amd64': 1 } as never), { engine: arm })).toMatchInlineSnapshot(
      `"- services.api: ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111 is built for linux/amd64, and the host is linux/arm64; build it for that too: build.platforms: [linux/amd64, linux/arm64] in the compose file"`,
    )
  })

  test('of this one, of a variant of it, of an unknown one, and of one that the author names', () => {
    expect(problems(demand(), { engine: arm })).toBe('')
    expect(problems(demand({}, { 'linux/arm64/v8': 1 } as never), { engine: arm })).toBe('')
    expect(problems(demand({}, {} as never), { engine: arm })).toBe('')
    expect(problems(demand({}, { 'linux/arm/v7': 1 } as never), { engine: arm })).toBe('')
    expect(problems(demand({}, { 'linux/386': 1 } as never), { engine: arm })).not.toBe('')
    expect(problems(demand({}, { 'linux/amd64': 1 } as never), { engine: arm, emulators: ['qemu-x86_64'] })).toBe('')
    const named = { platform: 'linux/amd64' }
    expect(problems(demand({ api: named, worker: named }, { 'linux/amd64': 1 } as never), { engine: arm })).toBe('')
  })
})

describe('room', () => {
  const space = (freeKiB: number, freeInodes: number | undefined, device = '2') => ({
    dataRoot: { path: '/var/lib/docker', space: { device, freeKiB, freeInodes } },
  })

  test('for three times what is pulled, and the fixed least', () => {
    expect(problems(demand(), space(1_446_912, undefined))).toBe('')
    expect(problems(demand(), space(1_440_000, undefined))).toMatchInlineSnapshot(
      `"- only 1.3 GiB of disk are free for /var/lib/docker, and 1.4 GiB are needed (900 MiB of them for the images that are pulled); make room (docker system df, docker image prune)"`,
    )
    const pulled = new Set([`ghcr.io/acme/api@${digest('1')}`])
    expect(problems(demand(), space(524_288, undefined), { images: pulled })).toBe('')
    expect(problems(demand(), space(524_287, undefined), { images: pulled })).toContain('512 MiB are needed; make room')
  })

  test('for the many files of an image', () => {
    expect(problems(demand(), space(9_000_000, 60_000))).toBe('')
    expect(problems(demand(), space(9_000_000, 59_000))).toMatchInlineSnapshot(
      `"- only 59000 inodes are free for /var/lib/docker, and 59600 are needed: the file system holds no more files, however much space is left; remove many small files (df --inodes), or make room (docker system df, docker image prune)"`,
    )
  })

  test('of one file system is told once', () => {
    const both = { device: '7', freeKiB: 1000, freeInodes: 1_000_000 }
    const folder = { ...readyHost.folder, space: both }
    expect(problems(demand(), { folder, ...space(1000, undefined, '7') })).toMatchInlineSnapshot(
      `"- only 0 MiB of disk are free for /srv/shop and /var/lib/docker, and 1.4 GiB are needed (900 MiB of them for the images that are pulled); make room (docker system df, docker image prune)"`,
    )
  })

  test('that nobody could tell of is no reason to refuse', () => {
    expect(problems(demand(), { dataRoot: undefined, folder: { ...readyHost.folder, space: undefined } })).toBe('')
  })
})

describe('ports', () => {
  const ports = (change: Partial<Ports>) => ({ ports: { ...readyHost.ports, ...change } })
  const published = { container: 'blog-nginx-1', project: 'blog', protocol: 'tcp', address: 'any', from: 80, to: 80 }
  const listener = { protocol: 'tcp', address: 'any', port: 80, user: 'www-data' }

  test('that another container has', () => {
    expect(problems(demand(), ports({ published: [published], listening: [listener] }))).toMatchInlineSnapshot(
      `"- services.nginx publishes port 80/tcp, which the container blog-nginx-1 has (of the Compose project blog); stop that container, or publish another port"`,
    )
    expect(problems(demand(), ports({ published: [{ ...published, project: '' }] }))).toContain(
      'which the container blog-nginx-1 has; stop',
    )
  })

  test('that a process of the host has', () => {
    expect(problems(demand(), ports({ listening: [listener] }))).toMatchInlineSnapshot(
      `"- services.nginx publishes port 80/tcp, where a process of the host listens already, of the user www-data; see what it is (sudo ss -lnp 'sport = :80') and stop it, or publish another port"`,
    )
  })

  test('that this stack has itself, though the engine listens for it', () => {
    const own = { ...published, container: 'shop-nginx-1', project: 'shop' }
    expect(problems(demand(), ports({ published: [own], listening: [listener] }))).toBe('')
  })

  test('of another address, protocol or number are free', () => {
    const local = demand({ nginx: { ports: [{ published: '80', host_ip: '127.0.0.1' }] } })
    expect(problems(local, ports({ listening: [{ ...listener, address: '10.0.0.1' }] }))).toBe('')
    expect(problems(local, ports({ listening: [listener] }))).toContain('publishes port 127.0.0.1:80/tcp')
    expect(
      problems(
        demand(),
        ports({
          listening: [
            { ...listener, protocol: 'udp' },
            { ...listener, port: 81 },
          ],
        }),
      ),
    ).toBe('')
  })

  test('within a range', () => {
    const range = demand({ nginx: { ports: [{ published: '8000-8010' }] } })
    expect(problems(range, ports({ listening: [{ ...listener, port: 8005 }] }))).toContain('port 8000-8010/tcp')
  })

  test('that a rootless engine may not open', () => {
    const engine = { version: '26.1.5', platform: 'linux/amd64', rootless: true }
    expect(problems(demand(), { engine })).toMatchInlineSnapshot(
      `"- services.nginx publishes port 80/tcp, but the rootless engine of deploy may open ports from 1024 only; run once on the host: echo net.ipv4.ip_unprivileged_port_start=80 | sudo tee /etc/sysctl.d/50-ports.conf && sudo sysctl --system"`,
    )
    expect(problems(demand(), { engine, ...ports({ unprivilegedStart: 80 }) })).toBe('')
  })
})

test('memory that is reserved and that the host does not have at all', () => {
  const reserve = (memory: string) => ({ deploy: { resources: { reservations: { memory } } } as never })
  const memory = { totalKiB: 1024 * 1024, availableKiB: 900_000 }
  expect(
    problems(demand({ api: reserve(String(700 * MIB)), db: reserve(String(600 * MIB)) }), { memory }),
  ).toMatchInlineSnapshot(
    `"- the services reserve 1.3 GiB of memory (api, db), and the host has 1.0 GiB in all; lower deploy.resources.reservations.memory, or take a bigger host"`,
  )
  expect(problems(demand({ api: reserve(String(1024 * MIB)) }), { memory })).toBe('')
  expect(problems(demand({ api: reserve(String(1024 * MIB)) }), { memory: { totalKiB: 0, availableKiB: 0 } })).toBe('')
})
