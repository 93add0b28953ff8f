import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/** The one user of a registry that wants a login. */
export const registryUser = {
  name: 'ship',
  password: 'correct-horse-7',
  /** What `htpasswd -B` makes of it. */
  line: 'ship:$2b$05$abcdefghijklmnopqrstuuBYe9o9CGi/BHa4OAlLpruMUDfwV3Rby',
} as const

/** A registry of a test's own, on loopback and without TLS, asked directly over its API. */
export interface TestRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly address: string
  /** The digest that the registry serves for a tag or digest; undefined when it has none. */
  digest(repository: string, reference: string): Promise<string | undefined>
  tags(repository: string): Promise<readonly string[]>
  /** The labels in the configuration of an image; of the Linux one if it is an index. */
  labels(repository: string, reference: string): Promise<Readonly<Record<string, string>>>
}

interface Index {
  readonly manifests: readonly { readonly digest: string; readonly platform?: { readonly os: string } }[]
}

interface Manifest {
  readonly config: { readonly digest: string }
}

/** Starts the registry of Debian's package docker-registry as a process. */
export async function startRegistry(access: 'open' | 'login' = 'open'): Promise<TestRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'estiba-registry-'))
  const address = `127.0.0.1:${await freePort()}`
  const htpasswd = join(folder, 'htpasswd')
  await writeFile(htpasswd, `${registryUser.line}\n`)
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') } },
    http: { addr: address },
    ...(access === 'login' && { auth: { htpasswd: { realm: 'test', path: htpasswd } } }),
  }
  await writeFile(join(folder, 'config.json'), JSON.stringify(config))
  const server = spawn('docker-registry', ['serve', join(folder, 'config.json')], { stdio: 'ignore' })
  const failure = once(server, 'error').then(([error]) => Promise.reject(error as Error))
  await Promise.race([answering(address), failure])

  const { name, password } = registryUser
  const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
  const get = (path: string, method = 'GET') =>
    fetch(`http://${address}/v2/${path}`, { method, headers: { accept: manifestTypes, authorization } })
  const labelsOf = async (repository: string, { config: { digest } }: Manifest) => {
    const blob = await get(`${repository}/blobs/${digest}`)
    return ((await blob.json()) as { config: { Labels?: Record<string, string> } }).config.Labels ?? {}
  }
  return {
    address,
    digest: async (repository, reference) => {
      const answer = await get(`${repository}/manifests/${reference}`, 'HEAD')
      return answer.headers.get('docker-content-digest') ?? undefined
    },
    tags: async (repository) => {
      const { tags } = (await (await get(`${repository}/tags/list`)).json()) as { tags?: string[] | null }
      return [...(tags ?? [])].sort()
    },
    labels: async (repository, reference) => {
      const found = (await (await get(`${repository}/manifests/${reference}`)).json()) as Index | Manifest
      if (!('manifests' in found)) return labelsOf(repository, found)
      // The other entries of an index are attestations.
      const image = found.manifests.find(({ platform }) => platform?.os === 'linux')?.digest ?? ''
      return labelsOf(repository, (await (await get(`${repository}/manifests/${image}`)).json()) as Manifest)
    },
    [Symbol.asyncDispose]: async () => {
      server.kill()
      if (server.exitCode === null) await once(server, 'exit')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function answering(address: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answer = await fetch(`http://${address}/v2/`).catch(() => undefined)
    if (answer !== undefined) return
    await sleep(100)
  }
  throw new Error(`The registry on ${address} does not answer.`)
}
