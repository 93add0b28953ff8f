/** What the host is and has, whatever stack it is asked for. What could not be found out is undefined. */
export interface HostFacts {
  readonly user: string
  /** Path of the login shell. */
  readonly shell: string
  /** What the login shell printed on its own before it ran our command. */
  readonly banner: readonly string[]
  /** Seconds that the host's clock is ahead of the runner's, behind if negative; 0 within what can be told. */
  readonly clockAhead: number
  /** `ID` and `ID_LIKE` of os-release: `ubuntu debian`. */
  readonly system: string
  /** Tools that the agent needs and the host lacks. */
  readonly missing: readonly string[]
  /** Path of the client. */
  readonly docker: string | undefined
  /** The variable DOCKER_HOST, where it is set. */
  readonly dockerHost: string | undefined
  readonly engine: Engine | undefined
  /** Requests that an engine did not answer although it is there. */
  readonly unanswered: readonly string[]
  /** Why there is no engine. */
  readonly noEngine: NoEngine
  /** Version of the Compose plugin. */
  readonly compose: string | undefined
  /** Path of a `docker-compose`, which is another program than the plugin. */
  readonly oldCompose: string | undefined
  /** Whether the server's own nginx may be told to load its configuration; undefined where there is none. */
  readonly nginx: 'ready' | 'refused' | undefined
  readonly folder: Folder
  /** Where the engine keeps images, with its room. */
  readonly dataRoot: { readonly path: string; readonly space: Space | undefined } | undefined
  /** Other processors' programs that the kernel runs by an emulator: `qemu-aarch64`. */
  readonly emulators: readonly string[]
  /** MemTotal and MemAvailable; 0 where unknown. */
  readonly memory: { readonly totalKiB: number; readonly availableKiB: number }
  /** Bytes in use by container id, without cache that can be dropped. */
  readonly uses: ReadonlyMap<string, number>
  readonly ports: Ports
}

export interface Engine {
  readonly version: string
  /** `linux/amd64`. */
  readonly platform: string
  readonly rootless: boolean
}

export interface NoEngine {
  /** The client's words. */
  readonly error: string
  /** Where the client looked: `unix:///var/run/docker.sock`. */
  readonly endpoint: string
  /** What is there; undefined for another kind of endpoint. */
  readonly socket: 'missing' | 'denied' | 'silent' | 'hangs' | undefined
  /** Whether `sudo -n docker` reaches an engine. */
  readonly sudo: boolean
  /** Another address at which an engine answers this user. */
  readonly other: string | undefined
}

export interface Folder {
  /** The nearest folder that exists: the stack's own or one above it. */
  readonly nearest: string
  /** The stack's path without symbolic links. */
  readonly realPath: string
  /** Something on the way to the stack's folder that is no folder. */
  readonly notFolder: string | undefined
  readonly space: Space | undefined
  /** Type and options of its file system: `ext4 rw,relatime`. */
  readonly mount: string
  /** What of the trial failed, with the words of the tool; undefined when all went well. */
  readonly trial: string | undefined
  /** What is in the stack's folder and can't be written. */
  readonly foreign: readonly string[]
  /** The Compose project of the release that is there. */
  readonly owner: string | undefined
}

export interface Space {
  /** Equal for two folders of one file system. */
  readonly device: string
  readonly freeKiB: number
  /** Undefined where the file system does not count them. */
  readonly freeInodes: number | undefined
}

export interface Ports {
  readonly listening: readonly Listener[]
  /** What running containers publish, of any project. */
  readonly published: readonly PublishedPort[]
  /** Ports below this one need privileges. */
  readonly unprivilegedStart: number
}

export interface Listener {
  readonly protocol: string
  /** `any`, or an IPv4 address; IPv6 ones as the kernel writes them. */
  readonly address: string
  readonly port: number
  readonly user: string
}

export interface PublishedPort {
  readonly container: string
  /** Compose project, '' without one. */
  readonly project: string
  readonly protocol: string
  readonly address: string
  readonly from: number
  readonly to: number
}

/** Facts by name, each with all its values. */
export interface Facts {
  readonly all: (name: string) => readonly string[]
  readonly one: (name: string) => string | undefined
}

export function parseHostFacts({ all, one }: Facts): Omit<HostFacts, 'banner' | 'clockAhead'> {
  const dataRoot = one('data-root')
  return {
    user: one('user') ?? '',
    shell: one('shell') ?? '',
    system: one('system')?.trim() ?? '',
    missing: all('missing'),
    docker: one('docker'),
    dockerHost: one('docker-host'),
    engine: parseEngine(one('engine'), one('rootless') === 'yes'),
    unanswered: all('failed'),
    noEngine: {
      error: one('engine-error') ?? '',
      endpoint: one('endpoint') ?? '',
      socket: (['missing', 'denied', 'silent', 'hangs'] as const).find((state) => state === one('socket')),
      sudo: one('sudo') === 'yes',
      other: one('other-engine'),
    },
    compose: one('compose'),
    oldCompose: one('docker-compose'),
    nginx: (['ready', 'refused'] as const).find((state) => state === one('nginx')),
    folder: {
      nearest: one('nearest') ?? '',
      realPath: one('real-path') ?? '',
      notFolder: one('no-folder'),
      space: parseSpace(one('disk')),
      mount: one('mount') ?? '',
      trial: one('trial'),
      foreign: all('foreign'),
      owner: one('owner'),
    },
    dataRoot: dataRoot === undefined ? undefined : { path: dataRoot, space: parseSpace(one('data-disk')) },
    emulators: all('emulator'),
    memory: { totalKiB: Number(one('memory-total-kib') ?? 0), availableKiB: Number(one('memory-kib') ?? 0) },
    uses: new Map(all('uses').flatMap(parseUse)),
    ports: {
      listening: all('listening').flatMap(parseListener),
      published: all('published').flatMap(parsePublished),
      unprivilegedStart: Number(one('unprivileged-port-start') ?? 1024),
    },
  }
}

function parseEngine(text: string | undefined, rootless: boolean): Engine | undefined {
  const [version, platform] = text?.split(' ') ?? []
  return version === undefined || platform === undefined ? undefined : { version, platform, rootless }
}

function parseSpace(text = ''): Space | undefined {
  const [device, free, inodes, allInodes] = text.split(' ')
  if (device === undefined || free === undefined) return undefined
  return { device, freeKiB: Number(free), freeInodes: Number(allInodes) > 0 ? Number(inodes) : undefined }
}

/** `/sys/fs/cgroup/docker/ID BYTES`, or `…/docker-ID.scope`. */
function parseUse(text: string): [id: string, bytes: number][] {
  const { id, bytes } = /(?<id>[0-9a-f]{64})(?:\.scope)? (?<bytes>\d+)$/.exec(text)?.groups ?? {}
  return id === undefined ? [] : [[id, Number(bytes)]]
}

/** `tcp 0100007F:1538 postgres`: https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html */
function parseListener(text: string): Listener[] {
  const [protocol, local = '', user = ''] = text.split(' ')
  const [address = '', port] = local.split(':')
  if (protocol === undefined || port === undefined) return []
  return [{ protocol, address: readAddress(address), port: Number.parseInt(port, 16), user }]
}

/** The kernel writes each 32 bits of an address in the machine's order, which is little-endian on all that Docker runs on. */
function readAddress(hex: string): string {
  if (/^0+$/.test(hex)) return 'any'
  const v4 = hex.length === 8 ? hex : /^0{16}FFFF0000(.{8})$/.exec(hex)?.[1]
  if (v4 === undefined) return hex
  const bytes = (v4.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16))
  return bytes.reverse().join('.')
}

/** `NAME<TAB>PROJECT<TAB>0.0.0.0:8000-8001->8000-8001/tcp, [::]:80->80/tcp`, as `docker ps` prints it. */
function parsePublished(text: string): PublishedPort[] {
  const [container = '', project = '', ports = ''] = text.split('\t')
  return ports.split(', ').flatMap((port) => {
    const { address, from, to, protocol } =
      /^(?<address>.*):(?<from>\d+)(?:-(?<to>\d+))?->.*\/(?<protocol>\w+)$/.exec(port)?.groups ?? {}
    if (address === undefined || from === undefined || protocol === undefined) return []
    const isAny = ['0.0.0.0', '::', '[::]'].includes(address)
    return [
      { container, project, protocol, address: isAny ? 'any' : address, from: Number(from), to: Number(to ?? from) },
    ]
  })
}
