import { docker } from '../command/command.ts'
import type { RunLocal } from '../command/local.ts'
import type { Environment } from './docker.ts'

/** Compressed bytes of an image's layers by platform: `{"linux/amd64": 31457280}`. */
export type Platforms = Readonly<Record<string, number>>

/** As far as it is looked into: an index or a manifest. https://github.com/opencontainers/image-spec */
interface Document {
  readonly manifests?: readonly { readonly digest: string; readonly platform?: Platform }[]
  readonly layers?: readonly { readonly size: number }[]
}

interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

/** Asks the registry what an image is built for; undefined when it does not say. */
export async function inspectPlatforms(
  run: RunLocal,
  { repository, digest }: { readonly repository: string; readonly digest: string },
  env: Environment,
): Promise<Platforms | undefined> {
  const ask = async (name: string, ...options: readonly string[]): Promise<unknown> => {
    const { code, stdout } = await run(docker('buildx', 'imagetools', 'inspect', name, ...options), { env })
    return code === 0 ? parse(stdout) : undefined
  }
  const document = async (of: string) => (await ask(`${repository}@${of}`, '--raw')) as Document | undefined
  const top = await document(digest)
  if (top?.manifests === undefined) {
    const platform = (await ask(`${repository}@${digest}`, '--format', '{{json .Image}}')) as Platform | undefined
    return platform === undefined || top === undefined ? undefined : { [format(platform)]: sizeOf(top) }
  }
  // Attestations stand in the index as manifests of an unknown platform.
  const parts = top.manifests.flatMap(({ digest: of, platform }) =>
    platform === undefined || platform.os === 'unknown' ? [] : [{ of, platform }],
  )
  const sizes = await Promise.all(
    parts.map(async ({ of, platform }) => [format(platform), sizeOf((await document(of)) ?? {})] as const),
  )
  return sizes.length === 0 ? undefined : Object.fromEntries(sizes)
}

function sizeOf({ layers = [] }: Document): number {
  return layers.reduce((sum, { size }) => sum + size, 0)
}

function format({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined || variant === '' ? [] : [variant])].join('/')
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
