import { output, type RunOptions } from './process.ts'

/** Every container, network and image build of a lab carries its id under this label, and its owner under the other. */
export const LAB_LABEL = 'estiba.lab'
export const OWNER_LABEL = 'estiba.lab.owner'

/** Runs the docker CLI; it must succeed. Returns what it printed. */
export function docker(...args: readonly string[]): Promise<string> {
  return output(['docker', ...args])
}

export function dockerWith(options: RunOptions, ...args: readonly string[]): Promise<string> {
  return output(['docker', ...args], options)
}

const lines = (text: string) => text.split('\n').filter((line) => line !== '')

/** Every lab that has left something in the engine, with its owner. */
export async function labsInEngine(): Promise<ReadonlyMap<string, string>> {
  const format = `{{.Label "${LAB_LABEL}"}} {{.Label "${OWNER_LABEL}"}}`
  const filter = `label=${LAB_LABEL}`
  const found = await Promise.all([
    docker('ps', '--all', '--filter', filter, '--format', format),
    docker('network', 'ls', '--filter', filter, '--format', format),
  ])
  return new Map(
    found.flatMap(lines).map((line) => {
      const [id = '', owner = ''] = line.split(' ')
      return [id, owner]
    }),
  )
}

/** Removes the containers with their volumes, then the networks of one lab. Does nothing where nothing is left. */
export async function removeLab(id: string): Promise<void> {
  const filter = `label=${LAB_LABEL}=${id}`
  const containers = lines(await docker('ps', '--all', '--quiet', '--filter', filter))
  if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers)
  const networks = lines(await docker('network', 'ls', '--quiet', '--filter', filter))
  if (networks.length > 0) await docker('network', 'rm', ...networks)
}
