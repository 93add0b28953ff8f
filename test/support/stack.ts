import { isReplaced } from '../../src/compose/kinds.ts'
import type { ComposeModel, Service } from '../../src/compose/model.ts'
import { SLOTS, slotNetwork, type Variant } from '../../src/edge/slots.ts'
import type { LedgerEntry } from '../../src/ledger/ledger.ts'
import type { Manifest } from '../../src/release/manifest.ts'
import { NGINX } from '../../src/edge/nginx.ts'
import type { EdgeFiles } from '../../src/edge/proxy.ts'
import { makeRelease, type Surroundings } from '../../src/release/release.ts'
import type { HostFacts } from '../../src/stack/host-facts.ts'
import type { Container, Observation } from '../../src/stack/observation.ts'

/** A digest that is made of one digit, so that a plan can be read. */
export function digest(digit: string): string {
  return `sha256:${digit.repeat(64)}`
}

/** nginx in front of an api, which a worker depends on, and a PostgreSQL with its data beside the stack. */
export function shopModel(api: string, change: Readonly<Record<string, Partial<Service>>> = {}): ComposeModel {
  const image = `ghcr.io/acme/api@${digest(api)}`
  const services: Record<string, Service> = {
    nginx: { image: 'nginx:1.28', ports: [{ target: 80, published: '80' }], restart: 'always' },
    api: { image, depends_on: { db: {} }, restart: 'always', stop_grace_period: '15s' },
    worker: { image, command: ['work'], depends_on: { api: {} }, stop_grace_period: '30s', deploy: { replicas: 2 } },
    db: {
      image: 'postgres:15',
      restart: 'always',
      volumes: [{ type: 'bind', source: '/srv/shop/project/data', target: '/var/lib/postgresql/data' }],
    },
  }
  for (const [name, changed] of Object.entries(change)) services[name] = { ...services[name], ...changed }
  return { name: 'shop', services }
}

/** A release of the shop; the version is its name, its image is made of one digit. */
export function shopRelease(
  version: string,
  api: string,
  change?: Readonly<Record<string, Partial<Service>>>,
  edgeOwn: EdgeFiles = {},
): Manifest {
  const name = { id: version, version, commit: api.repeat(40) }
  return makeRelease(shopModel(api, change), name, { ...surroundings, edgeOwn }).manifest
}

/** A host on which nothing was ever deployed, and an edge whose configuration is not in the repository. */
export const surroundings: Surroundings = {
  stack: { name: 'shop', path: '/srv/shop' },
  edgeConfigurations: {},
  edgeOwn: {},
  subnets: { a: '10.213.0.0/24', b: '10.213.1.0/24' },
  slotsBefore: [],
}

/** What makes the shop one whose nginx can be switched. */
export const switchable: Readonly<Record<string, Partial<Service>>> = {
  nginx: {
    image: 'nginx:1.28',
    volumes: [{ type: 'bind', source: '/srv/shop/edge', target: NGINX.folder, read_only: true }],
  },
  api: { expose: ['8000'], labels: { 'estiba.kind': 'web' } },
}

/** A host that has what it takes. */
export const readyHost: HostFacts = {
  user: 'deploy',
  shell: '/bin/bash',
  banner: [],
  clockAhead: 0,
  system: 'debian',
  missing: [],
  docker: '/usr/bin/docker',
  dockerHost: undefined,
  engine: { version: '26.1.5', platform: 'linux/amd64', rootless: false },
  unanswered: [],
  noEngine: { error: '', endpoint: '', socket: undefined, sudo: false, other: undefined },
  compose: '2.26.1',
  oldCompose: undefined,
  nginx: undefined,
  folder: {
    nearest: '/srv',
    realPath: '/srv/shop',
    notFolder: undefined,
    space: { device: '1', freeKiB: 20_000_000, freeInodes: 1_000_000 },
    mount: 'ext4 rw,relatime',
    trial: undefined,
    foreign: [],
    owner: undefined,
  },
  dataRoot: { path: '/var/lib/docker', space: { device: '2', freeKiB: 20_000_000, freeInodes: 1_000_000 } },
  emulators: [],
  memory: { totalKiB: 8_000_000, availableKiB: 4_000_000 },
  uses: new Map(),
  ports: { listening: [], published: [], unprivilegedStart: 1024 },
}

/** What a host without a trace of the stack says. */
export const emptyHost: Observation = {
  host: readyHost,
  containers: [],
  outside: [],
  kept: [],
  images: new Set(),
  networks: [],
  routes: [],
  edge: undefined,
  current: undefined,
  currentVariant: undefined,
  releases: [],
  ledger: [],
  ledgerLength: 0,
  brokenLedgerLines: [],
  cron: true,
  open: undefined,
}

export function container(service: string, change: Partial<Container> = {}): Container {
  return {
    id: service.repeat(8),
    name: `/shop-${service}-1`,
    status: 'running',
    labels: { 'com.docker.compose.service': service },
    mounts: [],
    image: `${service}:1`,
    networks: [],
    restart: 'always',
    ...change,
  }
}

/** The containers of a release as a host has them that runs it. */
export function containersOfRelease({ services, slots }: Manifest, variant: Variant = 'plain'): readonly Container[] {
  const both = slots ? SLOTS.map((slot) => slotNetwork('shop', slot)) : []
  return Object.entries(services).flatMap(([name, { kind, definition, image, restart, replicas, mounts }]) =>
    Array.from({ length: replicas }, (_, index) =>
      container(name, {
        name: `/shop-${name}-${index + 1}`,
        image,
        restart,
        status: kind === 'job' ? 'exited' : 'running',
        networks: kind === 'data' || kind === 'edge' ? ['shop_default', ...both] : [],
        labels: {
          'com.docker.compose.service': name,
          ...(kind !== 'data' && { 'estiba.definition': definition }),
          ...(isReplaced(kind) && { 'estiba.slot': variant }),
        },
        mounts: mounts.map((mount) => {
          const [Source = '', Destination = ''] = mount.split(':')
          return { Type: 'bind', Source, Destination }
        }),
      }),
    ),
  )
}

/** A line of the ledger: a deploy that was committed, unless told otherwise. */
export function entry(release: string, from: string, change: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    v: 1,
    tx: `t-${release}`,
    time: '2026-11-21T23:30:00Z',
    result: 'committed',
    cause: '',
    seconds: 12,
    action: 'deploy',
    release,
    version: release,
    commit: '',
    from,
    actor: 'octocat',
    run: '',
    digests: {},
    approvers: [],
    ...change,
  }
}

/** A host that has deployed these releases one after the other, and runs the last. */
export function hostWith(...releases: readonly [Manifest, ...Manifest[]]): Observation {
  const live = releases.at(-1) ?? releases[0]
  const ledger = releases.map(({ id }, index) => entry(id, releases[index - 1]?.id ?? ''))
  return {
    ...emptyHost,
    containers: containersOfRelease(live, live.slots ? 'a' : 'plain'),
    images: new Set(releases.flatMap(({ services }) => Object.values(services).map(({ image }) => image))),
    current: live.id,
    currentVariant: live.slots ? 'a' : 'plain',
    networks: SLOTS.flatMap((slot) =>
      live.slots ? [{ name: slotNetwork('shop', slot), subnets: [live.slots.subnets[slot]] }] : [],
    ),
    edge: live.slots && { live: 'a', hash: live.slots.edgeHash },
    releases,
    ledger,
    ledgerLength: ledger.length,
  }
}
