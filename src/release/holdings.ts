import type { ComposeModel, Service } from '../compose/model.ts'

/** What a service has of its host, for the next release to compare with. */
export interface Holdings {
  /** `source:target` of what it mounts, sorted: where the next release finds the data again, also without a container. */
  readonly mounts: readonly string[]
  /** Of a store: volumes by the engine's name, and folders, that it may write to; a release of an earlier version has none. */
  readonly writes?: readonly string[]
  /** Ports of the host, as `80/tcp`; absent where there are none. */
  readonly publishes?: readonly string[]
}

export function holdingsOf(service: Service, kind: string, model: ComposeModel): Holdings {
  const publishes = (service.ports ?? []).flatMap(publishedPort)
  return {
    mounts: mountsOf(service),
    ...(kind === 'data' && { writes: writesOf(service, model) }),
    ...(publishes.length > 0 && { publishes }),
  }
}

function mountsOf({ volumes = [] }: Service): readonly string[] {
  return volumes
    .filter(({ type }) => type === 'bind' || type === 'volume')
    .map(({ source = '', target }) => `${source}:${target}`)
    .sort()
}

/** What ships with a release, and what belongs to the system, is nobody's data. */
const NO_DATA = /^\/(etc|proc|sys|dev|run|var\/run)(\/|$)|\/files\/[0-9a-f]{64}\//

function writesOf({ volumes = [] }: Service, model: ComposeModel): readonly string[] {
  return volumes
    .flatMap(({ type, source, read_only }) => {
      if (source === undefined || read_only === true) return []
      if (type === 'volume') return [model.volumes?.[source]?.name ?? `${model.name}_${source}`]
      return type === 'bind' && !NO_DATA.test(source) ? [source] : []
    })
    .sort()
}

/** The long form, which `docker compose config` writes; one without a port of the host gets any that is free. */
function publishedPort(port: unknown): string[] {
  const { published = '', protocol = 'tcp' } = port as { published?: string | number; protocol?: string }
  return ['', '0'].includes(String(published)) ? [] : [`${published}/${protocol}`]
}
