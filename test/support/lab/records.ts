import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from './cache.ts'
import type { HostRecord } from './host.ts'

/** A running lab as plain JSON. */
export interface LabRecord {
  readonly id: string
  readonly owner: string
  readonly registryPort: number
  readonly staging: HostRecord
  readonly production: HostRecord
}

/** The labs that this user's processes have up, the kept ones included. */
export function runningLabs(): readonly LabRecord[] {
  const labs = join(cacheFolder, 'labs')
  if (!existsSync(labs)) return []
  return readdirSync(labs)
    .map((id) => join(labs, id, 'lab.json'))
    .filter((path) => existsSync(path))
    .map((path) => JSON.parse(readFileSync(path, 'utf8')) as LabRecord)
}

/** Where the private key of `deploy` lies as a file, for `ssh -i`. */
export const keyFile = (id: string) => join(labFolder(id), 'key')
export const knownHostsFile = (id: string) => join(labFolder(id), 'known_hosts')

export const labFolder = (id: string) => join(cacheFolder, 'labs', id)

export function forgetLab(id: string): void {
  rmSync(labFolder(id), { recursive: true, force: true })
}
