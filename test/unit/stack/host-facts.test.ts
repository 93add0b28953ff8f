import { expect, test } from 'vitest'
import { parseObservation } from '../../../src/stack/observation.ts'

const id = '8f1c'.repeat(16)

function host(...lines: readonly string[]) {
  return parseObservation(['observation\t1', ...lines, 'observed\t1', ''].join('\n')).host
}

test('a host that says all of itself', () => {
  const said = host(
    'epoch\t1795315964',
    'user\tdeploy',
    'shell\t/bin/bash',
    'system\tubuntu debian ',
    'memory-total-kib\t24684092',
    'memory-kib\t23358652',
    `uses\t/sys/fs/cgroup/docker/${id} 409600`,
    `uses\t/sys/fs/cgroup/system.slice/docker-${id.replaceAll('8', '9')}.scope 12288`,
    'uses\t/sys/fs/cgroup/docker/buildkit 56430592',
    'emulator\tqemu-aarch64',
    'nearest\t/srv',
    'real-path\t/data/shop',
    'disk\t65024 72668800 16172790 16777216',
    'mount\text4 rw,relatime',
    'docker\t/usr/bin/docker',
    'engine\t26.1.5+dfsg1 linux/amd64',
    'compose\t2.26.1-4',
    'docker-compose\t/usr/bin/docker-compose',
    'data-root\t/var/lib/docker',
    'data-disk\t36 1000 0 0',
    'unprivileged-port-start\t1024',
  )
  expect(said).toEqual({
    user: 'deploy',
    shell: '/bin/bash',
    banner: [],
    clockAhead: 0,
    system: 'ubuntu debian',
    missing: [],
    docker: '/usr/bin/docker',
    dockerHost: undefined,
    engine: { version: '26.1.5+dfsg1', platform: 'linux/amd64', rootless: false },
    unanswered: [],
    noEngine: { error: '', endpoint: '', socket: undefined, sudo: false, other: undefined },
    compose: '2.26.1-4',
    oldCompose: '/usr/bin/docker-compose',
    folder: {
      nearest: '/srv',
      realPath: '/data/shop',
      notFolder: undefined,
      space: { device: '65024', freeKiB: 72_668_800, freeInodes: 16_172_790 },
      mount: 'ext4 rw,relatime',
      trial: undefined,
      foreign: [],
      owner: undefined,
    },
    dataRoot: { path: '/var/lib/docker', space: { device: '36', freeKiB: 1000, freeInodes: undefined } },
    emulators: ['qemu-aarch64'],
    memory: { totalKiB: 24_684_092, availableKiB: 23_358_652 },
    uses: new Map([
      [id, 409_600],
      [id.replaceAll('8', '9'), 12_288],
    ]),
    ports: { listening: [], published: [], unprivilegedStart: 1024 },
  })
})

test('listeners, with addresses as the kernel writes them', () => {
  const listening = [
    'tcp 00000000:0050 root',
    'tcp 0100007F:1538 postgres',
    'tcp 00000000000000000000000000000000:01BB www-data',
    'tcp 0000000000000000FFFF00000100007F:1F90 deploy',
    'udp 00000000000000000000000001000000:0035 53',
  ]
  expect(host(...listening.map((text) => `listening\t${text}`)).ports.listening).toEqual([
    { protocol: 'tcp', address: 'any', port: 80, user: 'root' },
    { protocol: 'tcp', address: '127.0.0.1', port: 5432, user: 'postgres' },
    { protocol: 'tcp', address: 'any', port: 443, user: 'www-data' },
    { protocol: 'tcp', address: '127.0.0.1', port: 8080, user: 'deploy' },
    { protocol: 'udp', address: '00000000000000000000000001000000', port: 53, user: '53' },
  ])
})

test('what containers publish, as the engine lists it', () => {
  const { published } = host(
    'published\tshop-nginx-1\tshop\t0.0.0.0:80->80/tcp, :::80->80/tcp, 9000/tcp',
    'published\tdns\t\t127.0.0.1:53->53/udp, [::]:8000-8002->8000-8002/tcp',
    'published\tidle\t\t',
  ).ports
  const nginx = { container: 'shop-nginx-1', project: 'shop', protocol: 'tcp', address: 'any', from: 80, to: 80 }
  expect(published).toEqual([
    nginx,
    nginx,
    { container: 'dns', project: '', protocol: 'udp', address: '127.0.0.1', from: 53, to: 53 },
    { container: 'dns', project: '', protocol: 'tcp', address: 'any', from: 8000, to: 8002 },
  ])
})

test('what a login shell prints stands apart', () => {
  const said = parseObservation('Welcome to web1!\n\nuser\troot\nobservation\t1\nuser\tdeploy\nobserved\t1\n').host
  expect(said).toMatchObject({ banner: ['Welcome to web1!', 'user\troot'], user: 'deploy' })
})

test.each([
  { epoch: 1000, from: 999_900, to: 1_000_400, ahead: 0 },
  { epoch: 1000, from: 1_000_700, to: 1_000_900, ahead: 0 },
  { epoch: 1100, from: 1_000_000, to: 1_000_500, ahead: 100 },
  { epoch: 700, from: 1_000_000, to: 1_000_500, ahead: -300 },
])('a clock that says $epoch between $from and $to ms is $ahead s ahead', ({ epoch, ahead, ...asked }) => {
  expect(parseObservation(`epoch\t${epoch}\n`, asked).host.clockAhead).toBe(ahead)
})
