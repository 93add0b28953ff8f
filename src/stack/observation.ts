import { brokenLines } from '../ledger/chain.ts'
import { type Ledger, parseLedger } from '../ledger/ledger.ts'
import { type Manifest, type ManifestService, parseManifest } from '../release/manifest.ts'
import type { RunningMounts } from '../compose/sources.ts'
import { type HostFacts, parseHostFacts } from './host-facts.ts'
import { isKept } from './kept.ts'
import { type Slot, SLOTS, type Variant, VARIANTS } from '../edge/slots.ts'
import type { Network } from '../edge/subnets.ts'

/** What was found on a host for one stack, before anything is planned. */
export interface Observation {
  /** The host itself, whatever stack it is asked for. */
  readonly host: HostFacts
  readonly containers: readonly Container[]
  /** Those of other stacks that mount the folder of this one's switch. */
  readonly outside: readonly Container[]
  /** Those that a release left which was taken back; they are none of `containers`. */
  readonly kept: readonly Container[]
  /** The images that the engine holds, as `repository@sha256:…` and as `repository:tag`. */
  readonly images: ReadonlySet<string>
  readonly networks: readonly Network[]
  /** The IPv4 subnets that the host has a route to, the default route apart. */
  readonly routes: readonly string[]
  /** The folder by which the edge is switched, where there is one: the slot that it leads to, the hash of its configuration. */
  readonly edge:
    | {
        readonly live: Slot | undefined
        readonly hash: string
        /** It leads some services to one slot and some to the other. */
        readonly isMixed?: true
      }
    | undefined
  /** The live release. */
  readonly current: string | undefined
  readonly currentVariant: Variant | undefined
  /** The releases that are kept on the host. */
  readonly releases: readonly Manifest[]
  readonly ledger: Ledger
  readonly ledgerLength: number
  /** The numbers of the ledger's lines that don't fit the ones before them: somebody changed it. */
  readonly brokenLedgerLines: readonly number[]
  /** Whether the user of the stack has a crontab for the minute job, or can have one. */
  readonly cron: boolean
  /** The open transaction, and what its ledger line will say. */
  readonly open: { readonly tx: string; readonly by: string } | undefined
}

export interface Container {
  readonly id: string
  readonly name: string
  /** `running`, `exited`, `created`, … */
  readonly status: string
  readonly labels: Readonly<Record<string, string>>
  readonly mounts: readonly {
    readonly Type: string
    readonly Source: string
    readonly Name?: string
    readonly Destination: string
    /** Whether the container may write to it. */
    readonly RW?: boolean
  }[]
  readonly image: string
  /** Names of the networks that it is in. */
  readonly networks: readonly string[]
  readonly restart: string
  /** The ports that it says it listens at, as `3000/tcp`; `expose` of Compose becomes `3000`. */
  readonly exposed?: Readonly<Record<string, unknown>> | null
}

/** When the host was asked and when its answer was there, in milliseconds of the runner's clock. */
export interface Asked {
  readonly from: number
  readonly to: number
}

/** Parses what `observe.sh` prints: one fact a line, name and value apart by a tab, after what a login shell says itself. */
export function parseObservation(text: string, asked?: Asked): Observation {
  const lines = text.split('\n')
  const start = Math.max(0, lines.indexOf('observation\t1'))
  const facts = new Map<string, string[]>()
  for (const line of lines.slice(start)) {
    const tab = line.indexOf('\t')
    if (tab > 0) facts.set(line.slice(0, tab), [...(facts.get(line.slice(0, tab)) ?? []), line.slice(tab + 1)])
  }
  const all = (name: string) => facts.get(name) ?? []
  const one = (name: string) => all(name)[0]
  const open = one('open')
  const ledgerLength = Number(one('ledger-length') ?? 0)
  const [current, variant = ''] = one('current')?.split('/') ?? []
  const [slot = '', hash = ''] = one('edge')?.split(' ') ?? []
  const edge =
    hash === ''
      ? undefined
      : {
          live: SLOTS.find((known) => slot.replace(/-trial$/, '') === known),
          hash,
          ...(slot === 'rolling' && { isMixed: true as const }),
        }
  const currentVariant = VARIANTS.find((known) => variant.replace(/-guard$/, '') === known)
  const releases = all('manifest').flatMap((json) => parseManifest(json) ?? [])
  const containers = all('container').map((json) => JSON.parse(json) as Container)
  const live = liveRelease({ current, releases })
  const kept = containers.filter((each) => isKept(each, live, { edge, currentVariant }))
  return {
    host: {
      ...parseHostFacts({ all, one }),
      banner: lines.slice(0, start).filter((line) => line.trim() !== ''),
      clockAhead: clockAhead(Number(one('epoch')), asked),
    },
    containers: containers.filter((each) => !kept.includes(each)),
    kept,
    outside: all('outside').map((json) => JSON.parse(json) as Container),
    images: new Set(all('image')),
    networks: all('network').map((network) => {
      const [name = '', ...subnets] = network.split(' ')
      return { name, subnets }
    }),
    routes: all('route').flatMap(parseRoute),
    edge,
    current,
    currentVariant,
    releases,
    ledger: parseLedger(all('ledger')),
    ledgerLength,
    brokenLedgerLines: brokenLines(all('ledger'), ledgerLength - all('ledger').length + 1),
    cron: one('cron') === 'yes',
    open: open === undefined ? undefined : { tx: open, by: one('open-by') ?? '' },
  }
}

/** The host's whole second lies anywhere between question and answer; only what is beyond that tells of its clock. */
function clockAhead(epoch: number, asked: Asked | undefined): number {
  if (asked === undefined || Number.isNaN(epoch)) return 0
  const [from, to] = [Math.floor(asked.from / 1000), asked.to / 1000]
  return Math.round(Math.max(0, epoch - to) || Math.min(0, epoch - from))
}

/** Destination and mask as /proc/net/route has them, in hex with the lowest byte first: `0000D50A 0000FFFF`. */
function parseRoute(text: string): readonly string[] {
  const [destination = '', mask = ''] = text.split(' ')
  const bytes = (hex: string): number[] => (hex.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16))
  const bits = bytes(mask).reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)
  return bits === 0 ? [] : [`${bytes(destination).join('.')}/${bits}`]
}

export function liveRelease({ current, releases }: Pick<Observation, 'current' | 'releases'>): Manifest | undefined {
  return releases.find(({ id }) => id === current)
}

/** The containers of a service, one-off ones apart. */
export function containersOf({ containers }: Observation, service: string): readonly Container[] {
  return containers.filter(
    ({ labels }) => labels['com.docker.compose.service'] === service && labels['com.docker.compose.oneoff'] !== 'True',
  )
}

/** Where each service has its bind mounts: as its running containers say, or stopped ones, or else the live release. */
export function runningMounts(observation: Observation): RunningMounts {
  const mounts = new Map<string, Map<string, string>>()
  for (const [service, { mounts: released }] of Object.entries(liveRelease(observation)?.services ?? {}))
    mounts.set(service, new Map(released.flatMap(bindMount)))
  const latestLast = observation.containers.toSorted(
    (a, b) => Number(a.status === 'running') - Number(b.status === 'running'),
  )
  for (const { labels, mounts: mounted } of latestLast) {
    const service = labels['com.docker.compose.service']
    if (service === undefined || labels['com.docker.compose.oneoff'] === 'True') continue
    const of = mounts.get(service) ?? new Map<string, string>()
    for (const { Type, Source, Destination } of mounted) if (Type === 'bind') of.set(Destination, Source)
    mounts.set(service, of)
  }
  return mounts
}

/** A manifest's `source:target`; none for a named volume. */
function bindMount(mount: string): [target: string, source: string][] {
  const colon = mount.lastIndexOf(':')
  return mount.startsWith('/') ? [[mount.slice(colon + 1), mount.slice(0, colon)]] : []
}

/** The service that it is of. */
export function ownerOf({ labels }: Container): string {
  return labels['com.docker.compose.service'] ?? ''
}

/** A service as the live release has it, or else the latest other one that does. */
export function knownService(name: string, observation: Observation): ManifestService | undefined {
  const before = observation.releases.findLast(({ services }) => name in services)
  return liveRelease(observation)?.services[name] ?? before?.services[name]
}

/** Its name as a user writes it; the engine puts a slash in front. */
export function nameOf({ name }: Container): string {
  return name.replace(/^\//, '')
}
