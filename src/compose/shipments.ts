import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { UsageError } from '../errors.ts'
import type { Shipment, ShippedFile } from './sources.ts'

/**
 * Reads those of the paths that exist in the checkout. A folder without a file that counts (empty, or nothing but names
 * with a leading dot, such as `.gitkeep`) is a place for data and not shipped.
 */
export async function readShipments(paths: readonly string[]): Promise<ReadonlyMap<string, Shipment>> {
  const shipments = await Promise.all(paths.map(readShipment))
  return new Map(shipments.flatMap((shipment) => (shipment ? [[shipment.path, shipment]] : [])))
}

async function readShipment(path: string): Promise<Shipment | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (!found) return undefined
  const isFolder = found.isDirectory()
  const names = isFolder ? await namesBelow(path) : ['']
  if (isFolder && names.every((name) => name.split('/').at(-1)?.startsWith('.'))) return undefined
  const files = await Promise.all(
    names.sort().map(async (name): Promise<ShippedFile> => {
      const source = join(path, name)
      const file = await stat(source).catch(() => undefined)
      // Only links get here that are no files: following them could lead anywhere, or in circles.
      if (file?.isFile() !== true)
        throw new UsageError(`${source} is a link that leads to no file; put the file itself there, or remove the link`)
      const executable = (file.mode & 0o111) !== 0
      return { name: join(basename(path), name), content: await readFile(source), executable }
    }),
  )
  return { path, isFolder, files, sha256: digestOf(files) }
}

function digestOf(files: readonly ShippedFile[]): string {
  const hash = createHash('sha256')
  for (const { name, content, executable } of files)
    hash.update(`${name}\0${executable ? 'x' : '-'}\0${content.byteLength}\0`).update(content)
  return hash.digest('hex')
}

async function namesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}
