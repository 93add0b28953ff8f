import { basename, join, relative } from 'node:path/posix'
import { isSwitch } from '../edge/edge.ts'
import { ownPath } from '../edge/own.ts'
import { UsageError } from '../errors.ts'
import { type ComposeModel, type FileObject, type Mount, type Service } from './model.ts'

/** A file or folder of the checkout that a release ships, addressed by its content. */
export interface Shipment {
  /** Absolute path in the checkout. */
  readonly path: string
  /** SHA-256 over names, modes and contents, in hex. */
  readonly sha256: string
  readonly isFolder: boolean
  readonly files: readonly ShippedFile[]
}

export interface ShippedFile {
  /** Relative to `files/<sha256>/` on the host. */
  readonly name: string
  readonly content: Uint8Array
  readonly executable: boolean
}

/** Where each service has its bind mounts now: service -> path in the container -> source on the host. */
export type RunningMounts = ReadonlyMap<string, ReadonlyMap<string, string>>

export interface Placement {
  /** The root of the checkout. */
  readonly checkout: string
  /** The folder in it that Compose resolved relative paths against. */
  readonly projectDirectory: string
  /** The stack's folder on the host. */
  readonly stack: string
  readonly shipments: ReadonlyMap<string, Shipment>
  readonly running: RunningMounts
  /** Services whose files stay where the running container has them. */
  readonly isData: (service: string) => boolean
  /** The edges that are switched: their configuration keeps its place, so that they can load another one. */
  readonly switched: readonly string[]
}

/** The paths below the checkout that the model mounts or reads: those that exist there are shipped. */
export function checkoutSources(model: ComposeModel, projectDirectory: string): readonly string[] {
  const mounts = Object.values(model.services)
    .flatMap((service) => service.volumes ?? [])
    .filter(({ target }) => !isSwitch(target))
  const files = Object.values(model.configs ?? {}).flatMap(({ file }) => file ?? [])
  const all = [...mounts.filter(({ type }) => type === 'bind').flatMap(({ source }) => source ?? []), ...files]
  return [...new Set(all.filter((path) => isBelow(projectDirectory, path)))].sort()
}

/**
 * Rewrites every source below the checkout: what ships goes to `files/<sha256>/`, so that an edited file is a change; what
 * is data stays where the running container mounts it, or goes to the one stable project folder. (With a folder for each
 * release the database would start empty.)
 */
export function placeSources(model: ComposeModel, placement: Placement): ComposeModel {
  const objections = [
    // Compose would look for the value in the environment of the host, where nobody put it.
    ...Object.keys(model.secrets ?? {}).map((name) => `secrets.${name}: secrets are not supported yet; ${INSTEAD}`),
    ...Object.entries(model.configs ?? {}).flatMap(([name, { environment }]) =>
      environment === undefined ? [] : [`configs.${name}: \`environment\` is not supported yet; ${INSTEAD}`],
    ),
  ]
  if (objections.length > 0) throw new UsageError(objections.join('\n'))
  const shared = sharedFolders(model, placement)
  return {
    ...model,
    services: mapValues(model.services, (service, name) => placeService(service, name, placement, shared)),
    ...(model.configs && { configs: mapValues(model.configs, (config) => placeConfig(config, placement)) }),
  }
}

const INSTEAD = 'write the value as an environment variable of the service, and give it in the input env'

/** Path in the checkout -> source on the host. */
type Shared = ReadonlyMap<string, string>

/** Where a path of the checkout is mounted now, whoever mounts it: a service that is new finds the same data there. */
function sharedFolders({ services }: ComposeModel, { running }: Placement): Shared {
  const mounts = Object.entries(services).flatMap(([name, { volumes = [] }]) =>
    volumes.map(({ source = '', target }) => [source, running.get(name)?.get(target)] as const),
  )
  return new Map(mounts.flatMap(([source, now]) => (now === undefined ? [] : [[source, now]])))
}

function placeService(service: Service, name: string, placement: Placement, shared: Shared): Service {
  if (!service.volumes) return service
  return { ...service, volumes: service.volumes.map((mount) => placeMount(mount, name, placement, shared)) }
}

function placeMount(mount: Mount, service: string, placement: Placement, shared: Shared): Mount {
  const { source, target, type } = mount
  // The repository may have a folder there for a machine without Estiba; on a host it is the one that is switched.
  if (type === 'bind' && isSwitch(target)) return { ...mount, source: join(placement.stack, 'edge') }
  if (type === 'bind' && source === placement.projectDirectory)
    throw new UsageError(
      `services.${service}.volumes: the whole project folder is mounted as ${target}; ` +
        'build the code into the image, and mount the files and folders that it needs',
    )
  if (type !== 'bind' || source === undefined) return mount
  if (!isBelow(placement.projectDirectory, source)) {
    if (!isBelow(placement.checkout, source)) return mount
    throw new UsageError(
      `services.${service}.volumes: ${relative(placement.projectDirectory, source)} leads out of project-directory; ` +
        'set project-directory to a folder above both, and name the compose files relative to it',
    )
  }
  const running = placement.running.get(service)?.get(target)
  const shipment = placement.shipments.get(source)
  const own = placement.switched.includes(service) ? ownPath(service, target) : undefined
  if (shipment && own !== undefined) return { ...mount, source: join(placement.stack, 'edge', own) }
  if (shipment && !(placement.isData(service) && running !== undefined))
    return { ...mount, source: shippedPath(placement.stack, shipment) }
  const stable = join(placement.stack, 'project', relative(placement.projectDirectory, source))
  return { ...mount, source: running ?? shared.get(source) ?? stable }
}

function placeConfig(config: FileObject, placement: Placement): FileObject {
  const shipment = config.file === undefined ? undefined : placement.shipments.get(config.file)
  return shipment ? { ...config, file: shippedPath(placement.stack, shipment) } : config
}

function shippedPath(stack: string, { path, sha256 }: Shipment): string {
  return join(stack, 'files', sha256, basename(path))
}

function isBelow(folder: string, path: string): boolean {
  return path.startsWith(`${folder}/`)
}

function mapValues<T>(record: Readonly<Record<string, T>>, map: (value: T, key: string) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]))
}
