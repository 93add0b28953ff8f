import { mkdirSync, readFileSync, rmSync, writeFileSync, linkSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, thisProcess } from './owner.ts'

/** Everything the lab keeps between runs lies here and can be deleted at any time when no lab is up. */
export const cacheFolder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'estiba')

/** A path in the cache; the folder above it exists afterwards. */
export function inCache(...parts: readonly string[]): string {
  const path = join(cacheFolder, ...parts)
  mkdirSync(dirname(path), { recursive: true })
  return path
}

/** Runs `work` while no other process runs work under the same name. A lock whose holder died is taken over. */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const path = inCache('locks', name)
  while (!take(path)) await sleep(200)
  try {
    return await work()
  } finally {
    rmSync(path, { force: true })
  }
}

function take(path: string): boolean {
  // Written aside and linked into place: nobody ever reads a lock that has no holder in it yet.
  const mine = `${path}.${process.pid}`
  writeFileSync(mine, thisProcess())
  try {
    linkSync(mine, path)
    return true
  } catch {
    if (!isAlive(holder(path))) rmSync(path, { force: true })
    return false
  } finally {
    rmSync(mine, { force: true })
  }
}

function holder(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Freed between the attempt and the look: not dead, so that nobody removes the next holder's lock.
    return thisProcess()
  }
}
