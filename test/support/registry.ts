import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { docker, LAB_LABEL, OWNER_LABEL, removeLab } from './lab/docker.ts'
import { requireImages } from './lab/images/build.ts'
import { thisProcess } from './lab/owner.ts'

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

/** Starts an empty registry in a container, from the image that the lab's registry runs. */
export async function startRegistry(access: 'open' | 'login' = 'open'): Promise<TestRegistry> {
  const { registry: image } = await requireImages()
  const folder = await mkdtemp(join(tmpdir(), 'estiba-registry-'))
  const id = `estiba-registry-${randomBytes(4).toString('hex')}`
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: '/tmp/registry' } },
    http: { addr: ':5000' },
    ...(access === 'login' && { auth: { htpasswd: { realm: 'test', path: '/etc/docker/registry/htpasswd' } } }),
  }
  await writeFile(join(folder, 'config.yml'), JSON.stringify(config))
  await writeFile(join(folder, 'htpasswd'), `${registryUser.line}\n`)
  // Labelled as a lab, so that the next lab takes away what a killed run left.
  const labels = ['--label', `${LAB_LABEL}=${id}`, '--label', `${OWNER_LABEL}=${thisProcess()}`]
  const mount = ['--volume', `${folder}:/etc/docker/registry:ro`]
  await docker('run', '--detach', '--name', id, ...labels, ...mount, '--publish', '127.0.0.1::5000', image)
  const address = (await docker('port', id, '5000/tcp')).trim()
  await answering(address)

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
      await removeLab(id)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function answering(address: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answer = await fetch(`http://${address}/v2/`).catch(() => undefined)
    if (answer !== undefined) return
    await sleep(100)
  }
  throw new Error(`The registry on ${address} does not answer.`)
}
