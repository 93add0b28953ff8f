/** A secret of a compose project, as a build may use it. */
export interface ProjectSecret {
  readonly file?: string
  readonly environment?: string
}

/** The `build` section of a service: https://github.com/compose-spec/compose-spec/blob/main/build.md */
export type BuildSection = Readonly<Record<string, unknown>>

export interface ProjectService {
  readonly name: string
  /** Absent when Compose would make up `<project>-<service>`. */
  readonly image?: string
  readonly build?: BuildSection
}

/** A compose project as `docker compose config --format json` resolves it, as far as builds go. */
export interface Project {
  readonly name: string
  /** Sorted by name. */
  readonly services: readonly ProjectService[]
  readonly secrets: Readonly<Record<string, ProjectSecret>>
}

/** Reads what `docker compose config --format json` printed. */
export function parseProject(json: string): Project {
  const { name, services = {}, secrets = {} } = undoubled(JSON.parse(json)) as ResolvedProject
  return {
    name,
    services: Object.entries(services)
      .map(([service, { image, build }]) => ({
        name: service,
        ...(image !== undefined && { image }),
        ...(build !== undefined && build !== null && { build }),
      }))
      .sort((one, other) => (one.name < other.name ? -1 : 1)),
    secrets,
  }
}

interface ResolvedProject {
  readonly name: string
  readonly services?: Readonly<Record<string, { readonly image?: string; readonly build?: BuildSection | null }>>
  readonly secrets?: Readonly<Record<string, ProjectSecret>>
}

/** What Compose prints is a compose file again, in which a dollar is written twice. */
function undoubled(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$$', '$')
  if (Array.isArray(value)) return value.map(undoubled)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, undoubled(member)]))
}
