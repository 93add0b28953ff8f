import { basename, join, relative } from 'node:path/posix'
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

/** Where the running containers mount things now: service -> path in the container -> source on the host. */
export type RunningMounts = ReadonlyMap<string, ReadonlyMap<string, string>>

export interface Placement {
  /** The checkout's folder that Compose resolved relative paths against. */
  readonly projectDirectory: string
  /** The stack's folder on the host. */
  readonly stack: string
  readonly shipments: ReadonlyMap<string, Shipment>
  readonly running: RunningMounts
  /** Services whose files stay where the running container has them. */
  readonly isData: (service: string) => boolean
}

/** The paths below the checkout that the model mounts or reads: those that exist there are shipped. */
export function checkoutSources(model: ComposeModel, projectDirectory: string): readonly string[] {
  const mounts = Object.values(model.services).flatMap((service) => service.volumes ?? [])
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
  const secret = Object.entries(model.secrets ?? {}).find(([, { file }]) => file !== undefined)
  if (secret)
    throw new UsageError(
      `secrets.${secret[0]}: secrets from files are not supported yet; write \`environment: NAME\` and give NAME in the input env`,
    )
  return {
    ...model,
    services: mapValues(model.services, (service, name) => placeService(service, name, placement)),
    ...(model.configs && { configs: mapValues(model.configs, (config) => placeConfig(config, placement)) }),
  }
}

function placeService(service: Service, name: string, placement: Placement): Service {
  if (!service.volumes) return service
  return { ...service, volumes: service.volumes.map((mount) => placeMount(mount, name, placement)) }
}

function placeMount(mount: Mount, service: string, placement: Placement): Mount {
  const { source, target, type } = mount
  if (type !== 'bind' || source === undefined || !isBelow(placement.projectDirectory, source)) return mount
  const running = placement.running.get(service)?.get(target)
  const shipment = placement.shipments.get(source)
  if (shipment && !(placement.isData(service) && running !== undefined))
    return { ...mount, source: shippedPath(placement.stack, shipment) }
  const stable = join(placement.stack, 'project', relative(placement.projectDirectory, source))
  return { ...mount, source: running ?? stable }
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
