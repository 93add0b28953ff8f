import type { Kind } from '../compose/kinds.ts'
import type { Service } from '../compose/model.ts'
import { UsageError } from '../errors.ts'

const LABEL = 'estiba.assets'

/**
 * The folders in the containers of a service whose files outlive their release, as its label names them: `/srv/www/assets`, several
 * with commas between them.
 *
 * @throws UsageError where nothing could be laid there
 */
export function assetsOf(name: string, service: Service, kind: Kind): readonly string[] {
  const label = service.labels?.[LABEL]
  if (label === undefined) return []
  const folders = label.split(',').map((folder) => folder.trim().replace(/(?<=.)\/$/, ''))
  const objection = (folder: string): string | undefined => {
    if (!FOLDER.test(folder) || folder.split('/').some((part) => part === '.' || part === '..'))
      return `"${folder}" is no folder in a container; write its absolute path, as in /usr/share/nginx/html/assets`
    const mount = placesOf(service).find((place) => isWithin(folder, place) || isWithin(place, folder))
    return mount === undefined
      ? undefined
      : `${folder} is not the image's own, for ${mount} is mounted there; take the label away: what is mounted outlives a release anyway`
  }
  const why =
    kind === 'data' || kind === 'job'
      ? `a ${kind} answers no pages; take it away, or say with estiba.kind what the service is`
      : service['read_only'] === true
        ? 'nothing can be laid into a container with `read_only: true`; take that away, or the label'
        : folders.map(objection).find((each) => each !== undefined)
  if (why !== undefined) throw new UsageError(`services.${name}.labels: ${LABEL}: ${why}`)
  return folders
}

/** Without the characters that an archive's name or a list on the host would not survive. */
const FOLDER = /^(?:\/[\w.@+-]+)+$/

/** Paths in the container where something else than the image's own file system is. */
function placesOf({ volumes = [], configs = [], tmpfs }: Service): readonly string[] {
  const temporary = typeof tmpfs === 'string' ? [tmpfs] : Array.isArray(tmpfs) ? tmpfs.map(String) : []
  return [
    ...volumes.map(({ target }) => target),
    ...configs.map(({ source, target }) => target ?? `/${source}`),
    ...temporary.map((place) => place.split(':')[0] ?? ''),
  ].map((place) => place.replace(/(?<=.)\/$/, ''))
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`)
}
