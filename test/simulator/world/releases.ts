import type { Manifest } from '../../../src/release/manifest.ts'
import { shopRelease, switchable } from '../../support/stack.ts'

/** Policies of every kind: a scheduler that the engine is most eager to start, and an edge that a killed engine leaves down. */
const shop = {
  ...switchable,
  nginx: { ...switchable['nginx'], restart: 'unless-stopped' },
  api: {
    ...switchable['api'],
    restart: 'unless-stopped',
    depends_on: { db: {}, init: { condition: 'service_completed_successfully' } },
  },
  init: { depends_on: { db: {} } },
  worker: { restart: 'unless-stopped', deploy: { replicas: 1 } },
  beat: { image: 'beat', restart: 'always', depends_on: { db: {} } },
}

function release(version: string, digit: string, more: typeof SITE | object = {}): Manifest {
  const image = `ghcr.io/acme/api@sha256:${digit.repeat(64)}`
  return shopRelease(version, digit, { ...shop, beat: { ...shop.beat, image }, init: { ...shop.init, image }, ...more })
}

/** A second web service, which asks the first. */
const SITE = {
  site: {
    image: 'site',
    expose: ['3000'],
    labels: { 'estiba.kind': 'web' },
    restart: 'always',
    depends_on: { api: {} },
  },
}

function rolling(version: string, digit: string): Manifest {
  return { ...release(version, digit, SITE), strategy: 'rolling' }
}

/** Which an edge passes requests to. */
export const WEB: readonly string[] = ['api', 'site']

/** What they are called, in one release and in another. */
export const WORKERS: readonly string[] = ['worker', 'queue']

/** Of which there is always exactly one, whatever happens. */
export const SCHEDULERS: readonly string[] = ['beat', 'clock']

/** The same release with other names. */
function renamed(manifest: Manifest): Manifest {
  const names: Readonly<Record<string, string>> = { worker: 'queue', beat: 'clock' }
  const as = (name: string): string => names[name] ?? name
  return {
    ...manifest,
    services: Object.fromEntries(Object.entries(manifest.services).map(([name, service]) => [as(name), service])),
    order: manifest.order.map((layer) => layer.map(as)),
  }
}

export const ONE = release('v1', '1')
export const TWO = release('v2', '2')
export const TWO_RENAMED = renamed(TWO)
export const ONE_ROLLING = rolling('v1', '1')
export const TWO_ROLLING = rolling('v2', '2')
