import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { inCache } from './cache.ts'
import { goProgram, once } from './ci-tools.ts'
import { docker } from './docker.ts'
import type { LabHost } from './lab.ts'
import { must } from './must.ts'
import { output, progress } from './process.ts'

/** A version of Compose, and the module of Go that it is. */
export interface ComposeVersion {
  readonly version: string
  readonly module: string
}

/** The oldest that a server may have, as the README and the preflight say. */
export const OLDEST: ComposeVersion = { version: '2.20.0', module: 'github.com/docker/compose/v2' }
export const NEWEST: ComposeVersion = { version: '5.6.0', module: 'github.com/docker/compose/v5' }

/**
 * The path of Compose as a plugin of the Docker client, built from its source on first use: some minutes. Go's checksum
 * database vouches for the source and for all that it is built of.
 */
export async function composePlugin({ version, module }: ComposeVersion): Promise<string> {
  const name = `docker-compose-${version}`
  const path = inCache('tools', name, 'docker-compose')
  await once(name, path, async () => {
    const go = await goProgram()
    progress(`builds Compose ${version} from its source; this takes some minutes`)
    const work = inCache('tools', `${name}.build`)
    mkdirSync(work, { recursive: true })
    const env = {
      GOPATH: join(work, 'go'),
      GOCACHE: join(work, 'cache'),
      GOFLAGS: '-modcacherw -trimpath -mod=readonly',
      GOSUMDB: 'sum.golang.org',
      // The newest asks for a newer Go than many machines have; that is fetched as a module like the others.
      GOTOOLCHAIN: 'auto',
      CGO_ENABLED: '0',
    }
    try {
      const json = await output([go, 'mod', 'download', '-json', `${module}@v${version}`], { env })
      const { Dir: cwd } = JSON.parse(json) as { readonly Dir: string }
      const named = `-s -w -X ${module}/internal.Version=v${version}`
      const built = join(work, 'docker-compose')
      await output(['nice', go, 'build', '-ldflags', named, '-o', built, './cmd'], { env, cwd, timeout: 1_800_000 })
      cpSync(built, path)
    } finally {
      rmSync(work, { recursive: true, force: true })
    }
  })
  return path
}

const ON_HOST = '/usr/local/lib/docker/cli-plugins'

/** Gives a host that version, before the one that it came with; its client looks there first. */
export async function putCompose(host: LabHost, wanted: ComposeVersion): Promise<void> {
  await must(host, `mkdir -p ${ON_HOST}`)
  await docker('cp', await composePlugin(wanted), `${host.container}:${ON_HOST}/docker-compose.new`)
  await must(host, `mv ${ON_HOST}/docker-compose.new ${ON_HOST}/docker-compose`)
  const version = await must(host, 'docker compose version --short')
  if (version.replace(/^v/, '') !== wanted.version)
    throw new Error(`the host has Compose ${version}, and was given ${wanted.version}`)
}

/** Leaves the host with the one that it came with. */
export async function takeCompose(host: LabHost): Promise<void> {
  await must(host, `rm -rf ${ON_HOST}`)
}
