import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type BundleRun, runBundle } from './bundle.ts'
import { type TestRegistry, startRegistry } from './registry.ts'

const run = promisify(execFile)

/** The commit of the run. */
export const sha = '0123456789abcdef0123456789abcdef01234567'

/** A project to build, with a home without Docker's configuration, and a client that writes down how it is called. */
export class BuildProject implements AsyncDisposable {
  readonly workspace: string
  readonly home: string
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
    this.workspace = join(folder, 'workspace')
    this.home = join(folder, 'home')
  }

  /** With a service `api` that can be built from one file, and no compose file yet. */
  static async create(): Promise<BuildProject> {
    const project = new BuildProject(await mkdtemp(join(tmpdir(), 'estiba-build-test-')))
    await mkdir(join(project.workspace, 'api'), { recursive: true })
    await mkdir(join(project.home, 'bin'), { recursive: true })
    await project.write('api/server', 'serve')
    await project.write('api/Dockerfile', 'FROM scratch\nCOPY server /\n')
    await writeFile(project.#calls, '')
    const { stdout } = await run('sh', ['-c', 'command -v docker'])
    const client = join(project.home, 'bin/docker')
    await writeFile(client, `#!/bin/sh\nprintf '%s\\n' "$*" >>'${project.#calls}'\nexec '${stdout.trim()}' "$@"\n`)
    await chmod(client, 0o755)
    return project
  }

  get #calls(): string {
    return join(this.#folder, 'calls')
  }

  /** How the client was called so far, a line each. */
  calls(): Promise<string> {
    return readFile(this.#calls, 'utf8')
  }

  /** @param name relative to the workspace */
  async write(name: string, text: string): Promise<void> {
    await writeFile(join(this.workspace, name), text)
  }

  compose(text: string, file = 'compose.yml'): Promise<void> {
    return this.write(file, text)
  }

  /** Runs build-and-push in the workspace, for the tag v1.2.3. */
  build(
    inputs: Readonly<Record<string, string>> = {},
    env: Readonly<Record<string, string>> = {},
    signal?: AbortSignal,
  ): Promise<BundleRun> {
    return runBundle('build-and-push', {
      inputs,
      ...(signal && { signal }),
      env: {
        HOME: this.home,
        PATH: `${join(this.home, 'bin')}:${process.env['PATH'] ?? ''}`,
        GITHUB_WORKSPACE: this.workspace,
        GITHUB_REF: 'refs/tags/v1.2.3',
        GITHUB_SHA: sha,
        ...env,
      },
    })
  }

  /** A Dockerfile that runs a command in an image that has a shell, and keeps nothing of it but a mark. */
  running(shell: string, options: string, command: string): string {
    return `FROM ${shell} AS shell
# Secrets are no part of the cache's key; this is, and makes the command run each time.
ENV TEST=${this.workspace}
RUN ${options} ${command} && touch /mark
FROM scratch
COPY --from=shell /mark /
`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** A registry that takes what was built for it along when it goes. */
export async function startForgettingRegistry(login?: 'login'): Promise<TestRegistry> {
  const registry = await startRegistry(login)
  return {
    ...registry,
    [Symbol.asyncDispose]: async () => {
      const { stdout } = await run('docker', ['images', '--quiet', '--filter', `reference=${registry.address}/*/*`])
      const ids = [...new Set(stdout.split('\n').filter((id) => id !== ''))]
      if (ids.length > 0) await run('docker', ['rmi', '--force', ...ids])
      await registry[Symbol.asyncDispose]()
    },
  }
}

export interface PushedImage {
  readonly repository: string
  readonly digest: string
  readonly tags: readonly string[]
  readonly platforms: Readonly<Record<string, number>>
}

/** What build-and-push hands on, by service. */
export function imagesOf(result: BundleRun): Readonly<Record<string, PushedImage>> {
  return JSON.parse(result.outputs['images'] ?? '') as Readonly<Record<string, PushedImage>>
}
