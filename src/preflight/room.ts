import type { Observation } from '../stack/observation.ts'
import type { Space } from '../stack/host-facts.ts'
import { imageAsListed } from '../stack/image-list.ts'
import type { Demand, WantedImage } from './demand.ts'
import { formatNeed, formatSupply } from './size.ts'

/** Room below which nothing is staged or pulled: what the way back, the journal and a backup need. */
const FOR_DEPLOY = { bytes: 512 * 1024 * 1024, inodes: 2000 }
/** A rollback brings nothing, and may be what a full disk calls for: a journal must fit. */
const FOR_ROLLBACK = { bytes: 16 * 1024 * 1024, inodes: 100 }
/** A pulled image lies there compressed and unpacked for a moment: about once and twice its compressed size. */
const UNPACKED = 3
/** What ext4 reckons with when it is made. */
const BYTES_PER_INODE = 16 * 1024

/** Room for the stack's folder, and for what is pulled. */
export function roomProblems(
  { host, images }: Observation,
  path: string,
  demand: Demand | undefined,
): readonly string[] {
  const { folder, dataRoot, engine } = host
  const pulled = (demand?.images ?? []).filter(({ image }) => !images.has(imageAsListed(image)))
  const bytes = UNPACKED * pulled.reduce((sum, image) => sum + sizeFor(image, engine?.platform), 0)
  const together = folder.space !== undefined && folder.space.device === dataRoot?.space?.device
  const least = demand === undefined ? FOR_ROLLBACK : FOR_DEPLOY
  const own = { place: path, least, bytes: 0, fix: 'make room there (sudo du -xh --max-depth 2)' }
  const engines = { place: dataRoot?.path ?? '', least, bytes, fix: 'make room (docker system df, docker image prune)' }
  return [
    ...lack(folder.space, together ? { ...engines, place: `${path} and ${engines.place}` } : own),
    ...(together ? [] : lack(dataRoot?.space, engines)),
  ]
}

interface Need {
  readonly place: string
  readonly least: { readonly bytes: number; readonly inodes: number }
  /** For what is pulled. */
  readonly bytes: number
  readonly fix: string
}

function lack(space: Space | undefined, need: Need): readonly string[] {
  if (space === undefined) return []
  const bytes = need.least.bytes + need.bytes
  const inodes = need.least.inodes + Math.ceil(need.bytes / BYTES_PER_INODE)
  const pulling = need.bytes === 0 ? '' : ` (${formatNeed(need.bytes)} of them for the images that are pulled)`
  return [
    ...(space.freeKiB * 1024 < bytes
      ? [
          `only ${formatSupply(space.freeKiB * 1024)} of disk are free for ${need.place}, and ${formatNeed(bytes)} are needed${pulling}; ${need.fix}`,
        ]
      : []),
    ...(space.freeInodes !== undefined && space.freeInodes < inodes
      ? [
          `only ${space.freeInodes} inodes are free for ${need.place}, and ${inodes} are needed: the file system holds no more ` +
            `files, however much space is left; remove many small files (df --inodes), or ${need.fix}`,
        ]
      : []),
  ]
}

/** 0 for an image of unknown size: the fixed least stands in for it. */
function sizeFor({ platforms }: WantedImage, platform = ''): number {
  const sizes = Object.entries(platforms ?? {})
  const own = sizes.find(([name]) => name === platform || name.startsWith(`${platform}/`))
  return own?.[1] ?? 0
}
