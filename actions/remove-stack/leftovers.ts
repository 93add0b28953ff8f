import { quote } from '../../src/command/command.ts'
import { liveRelease, nameOf, type Observation, ownerOf } from '../../src/stack/observation.ts'
import type { Stack } from '../../src/stack/stack.ts'

/** What stays of a stack that was removed, and what removes it by hand. */
export interface Leftover {
  readonly what: string
  readonly command: string
}

/**
 * Lists what is left, in the order in which it could be removed.
 *
 * @param before what was on the host before, whose containers told of volumes that none has any more
 * @param now what is there afterwards
 */
export function leftovers(stack: Stack, before: Observation, now: Observation): readonly Leftover[] {
  return [...containers(now), ...networks(stack, now), ...volumes(stack, before), ...folders(stack, now)]
}

function containers({ containers }: Observation): readonly Leftover[] {
  return containers.map((each) => {
    const container = nameOf(each)
    return {
      what: `the container ${container} of ${ownerOf(each) || 'no service'}, ${each.status}`,
      command: `docker rm --force ${quote(container)}`,
    }
  })
}

function networks({ name }: Stack, { containers, networks }: Observation): readonly Leftover[] {
  const known = new Set(networks.map((network) => network.name))
  const left = new Set(
    containers.flatMap((container) => container.networks.filter((each) => each.startsWith(`${name}_`))),
  )
  return [...left]
    .filter((network) => known.has(network))
    .map((network) => ({ what: `the network ${network}`, command: `docker network rm ${quote(network)}` }))
}

/** Those that containers had, and those that the live release named; without the nameless ones. */
function volumes({ name: project }: Stack, before: Observation): readonly Leftover[] {
  const mounted = before.containers.flatMap(({ mounts }) =>
    mounts.flatMap(({ Type, Name = '' }) => (Type === 'volume' && !/^[0-9a-f]{64}$/.test(Name) ? [Name] : [])),
  )
  const stores = Object.values(liveRelease(before)?.services ?? {}).flatMap(({ writes = [] }) => writes)
  const names = new Set([...mounted, ...stores.filter((source) => !source.startsWith('/'))])
  return [
    ...[...names].sort().map((volume) => ({
      what: `the volume ${volume}, with its data`,
      command: `docker volume rm ${quote(volume)}`,
    })),
    ...(names.size === 0
      ? []
      : [
          {
            what: 'other volumes of the stack, if there are any',
            command: `docker volume ls --filter label=com.docker.compose.project=${project}`,
          },
        ]),
  ]
}

const OF_THE_SYSTEM = /^\/(etc|proc|sys|dev|run|var\/run)(\/|$)/

function folders({ path }: Stack, { containers }: Observation): readonly Leftover[] {
  const elsewhere = containers.flatMap(({ mounts }) =>
    mounts.flatMap(({ Type, Source, RW }) =>
      Type === 'bind' && RW !== false && !Source.startsWith(`${path}/`) && !OF_THE_SYSTEM.test(Source) ? [Source] : [],
    ),
  )
  return [
    ...[...new Set(elsewhere)].sort().map((folder) => ({
      what: `${folder}, which a container above writes to`,
      command: `rm -r ${quote(folder)}`,
    })),
    {
      what: `the folder ${path}: project/ with data folders, backups/, ledger.jsonl and the journals`,
      command: `rm -r ${quote(path)}`,
    },
  ]
}

/** For the log: what is left, each with the command behind it. */
export function formatLeftovers(left: readonly Leftover[]): readonly string[] {
  return left.flatMap(({ what, command }) => [what, `  $ ${command}`])
}
