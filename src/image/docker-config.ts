import { existsSync } from 'node:fs'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Docker's config.json, as far as logins go: https://docs.docker.com/reference/cli/docker/#configuration-files */
export interface DockerConfig {
  readonly auths?: Readonly<Record<string, object>>
  readonly credsStore?: string
  readonly credHelpers?: Readonly<Record<string, string>>
  readonly [setting: string]: unknown
}

/** Where Docker keeps its configuration for this environment. */
export function configFolder(env: Readonly<Record<string, string | undefined>>): string {
  return env['DOCKER_CONFIG'] ?? join(env['HOME'] ?? '/root', '.docker')
}

/**
 * The user's configuration with room for one login of our own, which must land in this file and in no keychain.
 *
 * Logins that are there already go on working: where a credential store held them, it is named as the helper of each.
 */
export function withRoomFor(registry: string, { credsStore, credHelpers = {}, auths = {}, ...rest }: DockerConfig) {
  const key = loginKey(registry)
  const fromStore = credsStore === undefined ? [] : Object.keys(auths).map((server) => [server, credsStore])
  const helpers = Object.entries({ ...(Object.fromEntries(fromStore) as Record<string, string>), ...credHelpers })
  return {
    ...rest,
    // An empty entry keeps the client from picking a keychain of the machine on its own.
    auths: { ...auths, [key]: {} },
    credHelpers: Object.fromEntries(helpers.filter(([server]) => server !== key)),
  }
}

/** Docker Hub's logins are kept under an address of its own, for historical reasons. */
function loginKey(registry: string): string {
  return ['docker.io', 'index.docker.io'].includes(registry) ? 'https://index.docker.io/v1/' : registry
}

/**
 * Makes `folder` a configuration in which a login can be kept apart from the user's.
 *
 * Plugins and contexts are reached through links; builders stay where they are, by BUILDX_CONFIG. Returns the variables
 * that lead Docker and its plugins there.
 */
export async function createPrivateConfig(
  folder: string,
  registry: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Readonly<Record<string, string>>> {
  const original = configFolder(env)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  for (const shared of ['cli-plugins', 'contexts'])
    if (existsSync(join(original, shared))) await symlink(join(original, shared), join(folder, shared))
  const config = withRoomFor(registry, await readConfig(join(original, 'config.json')))
  await writeFile(join(folder, 'config.json'), JSON.stringify(config, undefined, 2), { mode: 0o600 })
  return { DOCKER_CONFIG: folder, BUILDX_CONFIG: env['BUILDX_CONFIG'] ?? join(original, 'buildx') }
}

async function readConfig(file: string): Promise<DockerConfig> {
  if (!existsSync(file)) return {}
  return JSON.parse(await readFile(file, 'utf8')) as DockerConfig
}
