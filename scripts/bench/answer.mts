import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const EVERY_MS = 10

/** When a version answered for the first time, as `performance.now()` has it; asks one request after the other. */
export async function firstAnswer(url: string, version: string, signal: AbortSignal): Promise<number> {
  while (!signal.aborted) {
    if ((await versionAt(url)) === version) return performance.now()
    await sleep(EVERY_MS)
  }
  return Number.NaN
}

/** The version that answers with 200 over a new connection, as a visitor has it; undefined where none does. */
function versionAt(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 2000 }, (response) => {
      response.resume().on('end', () => {
        const version = response.headers['x-version']
        resolve(response.statusCode === 200 && typeof version === 'string' ? version : undefined)
      })
      response.on('error', () => {
        resolve(undefined)
      })
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => {
      resolve(undefined)
    })
  })
}
